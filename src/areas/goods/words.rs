//! The search index's words. Chinese has no blanks, so that a text is indexed by each character
//! and each pair of neighbouring ones; Latin words and numbers stand whole. A search asks for all
//! its pairs and words, by equality or by a word's beginning: an index answers both, on either
//! database, without `LIKE`.

use std::collections::BTreeSet;

/// How many words of a search are asked for; more would only slow it down.
const ASKED_MAX: usize = 16;
/// The longest word kept, in characters.
const WORD_MAX: usize = 32;

/// One condition of a search.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// The word itself.
    Whole(String),
    /// A word that begins so: a Latin word may still be half typed.
    Beginning(String),
}

/// Neighbouring characters of one kind.
enum Run {
    Chinese(Vec<char>),
    Letters(String),
    Digits(String),
}

/// Every word under which `texts` are found.
pub fn index<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for run in texts.into_iter().flat_map(runs) {
        match run {
            Run::Chinese(characters) => {
                words.extend(characters.iter().map(char::to_string));
                words.extend(pairs(&characters));
            }
            Run::Letters(word) | Run::Digits(word) => {
                words.insert(word);
            }
        }
    }
    words
}

/// What a search for `text` asks of the index; all of it must be met. Empty when `text` holds
/// nothing that is indexed.
pub fn asked(text: &str) -> Vec<Asked> {
    let mut asked = BTreeSet::new();
    for run in runs(text) {
        match run {
            Run::Chinese(characters) if characters.len() == 1 => {
                asked.extend(characters.iter().map(|c| Asked::Whole(c.to_string())));
            }
            Run::Chinese(characters) => asked.extend(pairs(&characters).map(Asked::Whole)),
            Run::Letters(word) => {
                asked.insert(Asked::Beginning(word));
            }
            Run::Digits(number) => {
                asked.insert(Asked::Whole(number));
            }
        }
    }
    asked.into_iter().take(ASKED_MAX).collect()
}

fn pairs(characters: &[char]) -> impl Iterator<Item = String> {
    characters.windows(2).map(|pair| pair.iter().collect())
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for c in text.chars().map(narrow).flat_map(char::to_lowercase) {
        match (runs.last_mut(), c) {
            (Some(Run::Chinese(run)), c) if is_chinese(c) => run.push(c),
            (_, c) if is_chinese(c) => runs.push(Run::Chinese(vec![c])),
            (Some(Run::Digits(run)), c) if c.is_numeric() => push(run, c),
            (_, c) if c.is_numeric() => runs.push(Run::Digits(c.into())),
            (Some(Run::Letters(run)), c) if c.is_alphabetic() => push(run, c),
            (_, c) if c.is_alphabetic() => runs.push(Run::Letters(c.into())),
            // Whatever stands between ends the run: the next character begins a new one.
            _ => runs.push(Run::Letters(String::new())),
        }
    }
    runs.retain(|run| !matches!(run, Run::Letters(word) if word.is_empty()));
    runs
}

fn push(run: &mut String, c: char) {
    if run.chars().count() < WORD_MAX {
        run.push(c);
    }
}

/// A full-width Latin character as the ordinary one: `５ｋｇ` is `5kg`.
fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Scripts written without blanks: Han, kana and hangul.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3134F)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(words: &[&str]) -> Vec<Asked> {
        words.iter().map(|word| Asked::Whole((*word).to_owned())).collect()
    }

    #[test]
    fn chinese_is_indexed_by_characters_and_pairs() {
        let words: Vec<String> = index(["红富士苹果"]).into_iter().collect();
        let mut expected = ["红", "富", "士", "苹", "果", "红富", "富士", "士苹", "苹果"].map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(words, expected);
    }

    #[test]
    fn latin_words_and_numbers_stand_whole_and_small() {
        let words: Vec<String> = index(["iPhone15 Pro，５ＫＧ装"]).into_iter().collect();
        assert_eq!(words, ["15", "5", "iphone", "kg", "pro", "装"]);
    }

    #[test]
    fn a_search_asks_for_pairs_beginnings_and_numbers() {
        assert_eq!(asked("果"), whole(&["果"]));
        assert_eq!(asked("红富士"), whole(&["富士", "红富"]));
        assert_eq!(asked("5 IPH"), [Asked::Whole("5".to_owned()), Asked::Beginning("iph".to_owned())]);
        assert_eq!(asked(" ！% _ "), []);
        assert!(asked(&"甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉".repeat(3)).len() <= ASKED_MAX);
    }

    #[test]
    fn a_sign_between_separates_pairs() {
        assert!(!index(["苹果·香蕉"]).contains("果香"));
        assert!(!index(["ab-cd"]).contains("abcd"));
    }
}
