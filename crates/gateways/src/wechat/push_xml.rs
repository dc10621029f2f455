//! The XML of message push, as far as WeChat uses it: elements, text and CDATA, no attributes that
//! matter. Anything else is no message.

use serde_json::{Map, Value};

/// Deeper than any message; a bound on what a stranger can make us climb.
const DEEPEST: usize = 16;

/// The content of the root element: an element with elements in it is an object, one that comes
/// several times an array, any other its text.
pub(super) fn parse(text: &str) -> Option<Value> {
    let mut rest = text.trim_start();
    if let Some((_, after)) = rest.strip_prefix("<?xml").and_then(|prolog| prolog.split_once("?>")) {
        rest = after;
    }
    let (name, mut rest) = opening(rest.trim_start())?;
    let content = element(name, &mut rest, DEEPEST)?;
    rest.trim().is_empty().then_some(content)
}

/// What stands between the tags of `name`, whose opening tag has been read.
fn element(name: &str, rest: &mut &str, depth: usize) -> Option<Value> {
    let deeper = depth.checked_sub(1)?;
    let (mut text, mut children) = (String::new(), Map::new());
    loop {
        if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let (inner, after) = after.split_once("]]>")?;
            text.push_str(inner);
            *rest = after;
        } else if let Some(after) = rest.strip_prefix("</") {
            let (closing, after) = after.split_once('>')?;
            *rest = after;
            let fits = closing.trim_end() == name;
            return fits.then(|| if children.is_empty() { Value::String(text) } else { Value::Object(children) });
        } else if rest.starts_with('<') {
            let (child, after) = opening(rest)?;
            *rest = after;
            let content = element(child, rest, deeper)?;
            add(&mut children, child, content);
        } else {
            let end = rest.find('<')?;
            let (plain, after) = rest.split_at_checked(end)?;
            text.push_str(&unescaped(plain)?);
            *rest = after;
        }
    }
}

/// The name of an opening tag, and what follows it.
fn opening(text: &str) -> Option<(&str, &str)> {
    let (tag, after) = text.strip_prefix('<')?.split_once('>')?;
    let name = tag.split_whitespace().next()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!tag.ends_with('/') && name.chars().all(legal)).then_some((name, after))
}

fn add(children: &mut Map<String, Value>, name: &str, content: Value) {
    match children.get_mut(name) {
        Some(Value::Array(several)) => several.push(content),
        Some(first) => {
            let first_one = first.take();
            *first = Value::Array(vec![first_one, content]);
        }
        None => {
            children.insert(name.to_owned(), content);
        }
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';')?;
        plain.push_str(before);
        plain.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            number => character(number.strip_prefix('#')?)?,
        });
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_texts_and_repetitions_are_read() {
        let text = "<?xml version=\"1.0\"?>\n<xml><MsgType><![CDATA[event]]></MsgType>\n<CreateTime>1795400009</CreateTime>\
            <Note>a &lt;b&gt; &amp; &#x4e2d;&#25991;<![CDATA[</Note>]]></Note><Empty></Empty>\
            <List><Id>1</Id></List><List><Id>2</Id></List></xml>";
        let wanted = json!({"MsgType": "event", "CreateTime": "1795400009", "Note": "a <b> & 中文</Note>", "Empty": "",
            "List": [{"Id": "1"}, {"Id": "2"}]});
        assert_eq!(parse(text), Some(wanted));
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        let deep = "<a>".repeat(40) + &"</a>".repeat(40);
        for text in [
            "",
            "plain",
            "<xml>",
            "<xml></yml>",
            "<xml><a></xml></a>",
            "<xml/>",
            "<xml>&unknown;</xml>",
            &deep,
            "<xml></xml><xml></xml>",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><xml>&a;</xml>",
            "<xml><![CDATA[</xml>",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
