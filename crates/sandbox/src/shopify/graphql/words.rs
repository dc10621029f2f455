//! A GraphQL text as words: names, numbers, texts and signs.

/// One word of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Name(String),
    /// A number, by its text.
    Number(String),
    Text(String),
    Sign(char),
    /// `...`
    Spread,
}

/// The words of `text`, comments and commas left out.
pub(super) fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut rest = text.chars().peekable();
    let mut found = Vec::new();
    while let Some(&sign) = rest.peek() {
        let word = match sign {
            ' ' | '\t' | '\r' | '\n' | ',' | '\u{feff}' => {
                rest.next();
                continue;
            }
            '#' => {
                while rest.next_if(|sign| *sign != '\n').is_some() {}
                continue;
            }
            '"' => Word::Text(quoted(&mut rest)?),
            '.' => {
                let dots = std::iter::from_fn(|| rest.next_if_eq(&'.')).count();
                if dots != 3 {
                    return Err("syntax error, unexpected \".\"".to_owned());
                }
                Word::Spread
            }
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '$' | '@' | '!' | '=' | '|' => {
                rest.next();
                Word::Sign(sign)
            }
            sign if sign == '_' || sign.is_ascii_alphabetic() => {
                let named = |sign: &char| *sign == '_' || sign.is_ascii_alphanumeric();
                Word::Name(std::iter::from_fn(|| rest.next_if(named)).collect())
            }
            sign if sign == '-' || sign.is_ascii_digit() => {
                let counted = |sign: &char| matches!(sign, '-' | '+' | '.' | 'e' | 'E') || sign.is_ascii_digit();
                Word::Number(std::iter::from_fn(|| rest.next_if(counted)).collect())
            }
            other => return Err(format!("syntax error, unexpected character {other:?}")),
        };
        found.push(word);
    }
    Ok(found)
}

/// A text in quotation marks; those of three marks are not understood.
fn quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    rest.next();
    let mut text = String::new();
    loop {
        match rest.next() {
            Some('"') => return Ok(text),
            Some('\\') => match rest.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(sign @ ('"' | '\\' | '/')) => text.push(sign),
                _ => return Err("syntax error, invalid escape in a string".to_owned()),
            },
            None | Some('\n') => return Err("syntax error, unterminated string".to_owned()),
            Some(sign) => text.push(sign),
        }
    }
}
