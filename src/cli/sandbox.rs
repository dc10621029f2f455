//! `tuanqiao sandbox`: the platforms' stand-in alone, for integration tests.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sandbox::{Sandbox, SandboxConfig, SandboxKeys};

use super::store_apps;
use crate::config::Config;
use crate::server::EndWish;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where it listens; `[sandbox] bind` when left out.
    #[arg(long)]
    bind: Option<String>,
    /// Where its keys and the shop file that fits them are kept; made at the first start.
    #[arg(long, default_value = "data/sandbox")]
    folder: PathBuf,
}

/// The other keys of `[platforms]`.
const PLATFORMS: [&str; 16] = [
    "pinduoduo",
    "pinduoduo_auth",
    "taobao",
    "taobao_auth",
    "jd",
    "jd_auth",
    "youzan",
    "weimob",
    "shopify",
    "aliexpress",
    "ebay",
    "amazon",
    "dhgate",
    "wish",
    "wanliniu",
    "shoplazza",
];

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<()> {
    let keys = SandboxKeys::load_or_generate(&args.folder.join("keys.json"))?;
    let shop_file = args.folder.join("shop.toml");
    write_private(&shop_file, &shop_text("demo", &keys)?)?;
    let bind = args.bind.unwrap_or(config.sandbox.bind);
    let running = Sandbox::start(SandboxConfig {
        bind: bind.clone(),
        data_file: Some(args.folder.join("books.json")),
        // What a shop's bills are checked against by default.
        fee_bp: 60,
        ..SandboxConfig::new(keys)
    })
    .with_context(|| format!("sandbox.bind = {bind}"))?;
    println!("The sandbox listens on {}; its control page is there too.", running.base_url());
    println!("A shop that fits it: tuanqiao shop apply {}", shop_file.display());
    println!("Addresses for [platforms]: wechat, wechat_pay and wechat_pay_backup = \"{}\",", running.base_url());
    for key in PLATFORMS {
        println!("{key} = \"{}\"", running.platform_url(key));
    }
    EndWish::listen()?.heard().await;
    Ok(running.stop().await?)
}

/// A shop file whose accounts are the sandbox's.
pub(super) fn shop_text(code: &str, keys: &SandboxKeys) -> anyhow::Result<String> {
    let table = |pairs: Vec<(&str, String)>| -> toml::Table {
        pairs.into_iter().map(|(key, value)| (key.to_owned(), toml::Value::String(value))).collect()
    };
    let (merchant, pinduoduo, taobao, jd) = (&keys.merchant, &keys.pinduoduo, &keys.taobao, &keys.jd);
    let mut shop = table(vec![("code", code.to_owned()), ("name", "邻里团".to_owned())]);
    let miniprogram = vec![
        ("appid", merchant.appid.clone()),
        ("secret", merchant.secret.clone()),
        ("push_token", merchant.push_token.clone()),
        ("push_aes_key", merchant.push_aes_key.clone()),
    ];
    shop.insert("miniprogram".to_owned(), table(miniprogram).into());
    let pay = vec![
        ("mchid", merchant.mchid.clone()),
        ("merchant_serial", merchant.serial.clone()),
        ("merchant_key", merchant.private_key_pem()?),
        ("api_v3_key", merchant.api_v3_key.clone()),
        ("platform_public_key_id", keys.platform.public_key_id.clone()),
        ("platform_public_key", keys.platform.public_key_pem()?),
    ];
    shop.insert("wechat_pay".to_owned(), table(pay).into());
    let pinduoduo = vec![
        ("client_id", pinduoduo.client_id.clone()),
        ("client_secret", pinduoduo.client_secret.clone()),
        ("pid", pinduoduo.pid.clone()),
    ];
    let taobao = vec![
        ("app_key", taobao.app_key.clone()),
        ("app_secret", taobao.app_secret.clone()),
        ("adzone_id", taobao.adzone_id.clone()),
        ("site_id", taobao.site_id.clone()),
    ];
    let jd = vec![
        ("app_key", jd.app_key.clone()),
        ("app_secret", jd.app_secret.clone()),
        ("site_id", jd.site_id.clone()),
        ("sub_union_id", "on".to_owned()),
    ];
    let mut marketplaces = toml::Table::new();
    marketplaces.insert("pinduoduo_affiliate".to_owned(), table(pinduoduo).into());
    marketplaces.insert("taobao_affiliate".to_owned(), table(taobao).into());
    marketplaces.insert("jd_affiliate".to_owned(), table(jd).into());
    for (id, settings) in store_apps::settings(keys) {
        marketplaces.insert(id.to_owned(), settings.into());
    }
    shop.insert("marketplaces".to_owned(), marketplaces.into());
    Ok(toml::to_string(&shop)?)
}

/// Writes a file that its owner alone may read, whole or not at all.
pub(super) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let fresh = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(fresh, path)?;
    Ok(())
}
