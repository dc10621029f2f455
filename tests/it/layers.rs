//! The storeys of the house: imports point down only, and neighbours do not see each other.

use std::path::{Path, PathBuf};

/// A storey's height; `crate::X` may name lower ones and its own alone.
fn height(module: &str) -> Option<u8> {
    Some(match module {
        "config" => 0,
        "platform" => 1,
        "areas" => 2,
        "app" => 3,
        "flows" => 4,
        "api" | "jobs" => 5,
        "server" => 6,
        "cli" => 7,
        _ => return None,
    })
}

/// Where a piece of source stands: its storey and, inside `areas`, its area.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    storey: String,
    area: Option<String>,
}

impl Place {
    fn of(path: &[String]) -> Option<Self> {
        let storey = path.first()?.clone();
        let area = if storey == "areas" { path.get(1).cloned() } else { None };
        Some(Self { storey, area })
    }

    /// Why this place may not name `other`, if so.
    fn objection(&self, other: &Place) -> Option<&'static str> {
        let (ours, theirs) = (height(&self.storey)?, height(&other.storey)?);
        if theirs > ours {
            return Some("an import upwards");
        }
        if theirs == ours && self.storey != other.storey {
            return Some("an import sideways");
        }
        let both_areas = self.area.is_some() && other.area.is_some();
        (both_areas && self.area != other.area).then_some("an area names another area")
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push(path);
        }
    }
}

fn every_source() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    sources(&root.join("src"), &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root.join("src")).unwrap().display().to_string();
    paths.into_iter().map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

/// The source without comments: what the compiler sees.
fn code_of(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// Every path that begins with `start`, groups in braces opened up.
fn paths_from(code: &str, start: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$' || c == ':') {
            continue;
        }
        let mut rest = code[at + start.len()..].chars().peekable();
        walk(&mut rest, &mut Vec::new(), &mut found);
    }
    found
}

fn walk(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let blank = |c: &char| c.is_whitespace();
    while rest.next_if(blank).is_some() {}
    if rest.next_if_eq(&'{').is_some() {
        loop {
            walk(rest, &mut path.clone(), found);
            while rest.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
            match rest.peek() {
                Some('}') | None => {
                    rest.next();
                    return;
                }
                Some(_) => {}
            }
        }
    }
    let mut word = String::new();
    while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '*') {
        word.push(c);
    }
    if word.is_empty() {
        rest.next();
        found.push(path.clone());
        return;
    }
    path.push(word);
    let mut colons = 0;
    while rest.next_if_eq(&':').is_some() {
        colons += 1;
    }
    if colons == 2 {
        walk(rest, path, found);
    } else {
        found.push(path.clone());
        while rest.next_if(|c| !matches!(c, ',' | '}' | '\n' | ';')).is_some() {}
    }
}

#[test]
fn imports_point_down_only() {
    let mut objections = Vec::new();
    for (file, text) in every_source() {
        let folders: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        let Some(here) = Place::of(&folders) else { continue };
        let code = code_of(&text);
        for path in paths_from(&code, "crate::") {
            if let Some(why) = Place::of(&path).and_then(|other| here.objection(&other)) {
                objections.push(format!("src/{file}: crate::{} is {why}", path.join("::")));
            }
        }
        let knows_the_outside = ["app", "flows", "server", "cli"].contains(&here.storey.as_str());
        for path in paths_from(&code, "gateways::") {
            // A request's handler may hand a partner's words on, as types; only flows speak them.
            let is_type = path.last().is_some_and(|name| name.starts_with(|c: char| c.is_uppercase()));
            if !(knows_the_outside || is_type && here.storey == "api") {
                objections.push(format!("src/{file}: gateways::{} is for app and flows", path.join("::")));
            }
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

#[test]
fn requests_and_clocks_write_through_flows_alone() {
    let mut objections = Vec::new();
    for (file, text) in every_source() {
        if !file.starts_with("api/") && !file.starts_with("jobs/") {
            continue;
        }
        for path in paths_from(&code_of(&text), "crate::areas::") {
            // Types and constants may be named: only functions write.
            let is_function = path.last().is_some_and(|name| name.starts_with(|c: char| c.is_lowercase()));
            if is_function && path.get(1).is_some_and(|module| module == "service") {
                objections.push(format!("src/{file}: crate::areas::{} writes without a flow", path.join("::")));
            }
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

/// Where `code` decides by one of `names`: an arm of a `match`, or a comparison.
fn decisions_by_name<'a>(code: &'a str, names: &[&str]) -> Vec<&'a str> {
    let decides = |line: &&str| {
        names.iter().any(|name| {
            let quoted = format!("\"{name}\"");
            line.match_indices(&quoted).any(|(at, _)| {
                let (before, after) = (line[..at].trim_end(), line[at + quoted.len()..].trim_start());
                let compared = ["==", "!="].iter().any(|sign| before.ends_with(sign) || after.starts_with(sign));
                // An arm may name several: `"a" | "b" =>`.
                compared || after.starts_with("=>") || after.starts_with('|') && line.contains("=>")
            })
        })
    };
    code.lines().filter(decides).collect()
}

#[test]
fn platforms_are_told_apart_by_their_registry_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names: Vec<&str> = gateways::marketplaces::REGISTRY
        .iter()
        .flat_map(|entry| [entry.descriptor.id, entry.descriptor.platform])
        .collect();
    let mut paths = Vec::new();
    sources(&root.join("src"), &mut paths);
    sources(&root.join("crates/gateways/src"), &mut paths);
    let mut objections = Vec::new();
    for path in paths {
        let is_home = path.iter().any(|folder| names.iter().any(|name| folder == *name));
        let text = std::fs::read_to_string(&path).unwrap();
        if !is_home {
            let file = path.strip_prefix(root).unwrap().display();
            objections.extend(decisions_by_name(&code_of(&text), &names).iter().map(|line| format!("{file}: {line}")));
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
    let names = ["jd_affiliate", "jd"];
    for found in ["    \"jd\" => 1,", "\"x\" | \"jd\" => 1,", "if id == \"jd_affiliate\" {", "if \"jd\" != id {"] {
        assert_eq!(decisions_by_name(found, &names), [found]);
    }
    for allowed in ["(\"jd\", &self.jd),", "name(\"jd_affiliate\", |x| x)", "\"jdx\" => 1,"] {
        assert_eq!(decisions_by_name(allowed, &names), Vec::<&str>::new());
    }
}

#[test]
fn the_small_crates_do_not_know_the_house() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = ["tuanqiao", "kernel", "gateways", "sandbox", "migrations"];
    let may: [(&str, &[&str]); 4] = [
        ("crates/kernel", &[]),
        ("crates/gateways", &["kernel"]),
        ("crates/sandbox", &["kernel"]),
        ("migrations", &[]),
    ];
    for (folder, allowed) in may {
        let text = std::fs::read_to_string(root.join(folder).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        for name in dependencies.keys().filter(|name| ours.contains(&name.as_str())) {
            assert!(allowed.contains(&name.as_str()), "{folder} must not depend on {name}");
        }
    }
}

#[test]
fn a_group_of_imports_is_opened_up() {
    let found =
        paths_from("use crate::{areas::{orders::query, stock}, app::App as Shared};\ncrate::jobs::run();", "crate::");
    let text: Vec<String> = found.iter().map(|path| path.join("::")).collect();
    assert_eq!(text, ["areas::orders::query", "areas::stock", "app::App", "jobs::run"]);
    let place = |text: &str| Place::of(&text.split("::").map(str::to_owned).collect::<Vec<_>>()).unwrap();
    assert!(place("areas::orders").objection(&place("areas::stock::service")).is_some());
    assert!(place("areas::orders").objection(&place("areas::orders::rules")).is_none());
    assert!(place("areas::orders").objection(&place("flows::checkout")).is_some());
    assert!(place("flows::checkout").objection(&place("areas::orders")).is_none());
    assert!(place("api::storefront").objection(&place("jobs::close")).is_some());
}
