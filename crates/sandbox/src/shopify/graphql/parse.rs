//! A GraphQL document of one operation, its variables already put in.

use serde_json::{Map, Value};

use super::words::{Word, words};

/// Selections deeper than this are refused.
const DEEPEST: usize = 16;

/// What a document asks for.
#[derive(Debug)]
pub(super) struct Operation {
    /// Whether it writes.
    pub(super) is_mutation: bool,
    pub(super) fields: Vec<Field>,
}

/// One field of a selection.
#[derive(Debug)]
pub(crate) struct Field {
    /// What the answer calls it.
    pub(crate) alias: String,
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Value>,
    /// Directives with their arguments.
    pub(crate) directives: Vec<(String, Map<String, Value>)>,
    pub(super) fields: Vec<Field>,
}

/// Reads a document; `given` are the values of its variables.
pub(super) fn parse(text: &str, given: &Map<String, Value>) -> Result<Operation, String> {
    let mut reader = Reader { words: words(text)?.into_iter().peekable(), variables: Map::new() };
    let mut is_mutation = false;
    if let Some(Word::Name(kind)) = reader.words.peek().cloned() {
        reader.words.next();
        is_mutation = match kind.as_str() {
            "query" => false,
            "mutation" => true,
            other => return Err(format!("syntax error, unexpected {other:?}")),
        };
        reader.words.next_if(|word| matches!(word, Word::Name(_)));
        reader.declarations(given)?;
    }
    let fields = reader.selection(0)?;
    match reader.words.next() {
        None => Ok(Operation { is_mutation, fields }),
        Some(word) => Err(format!("syntax error, unexpected {word:?} after the operation")),
    }
}

struct Reader {
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
    /// Values of the variables that were declared.
    variables: Map<String, Value>,
}

impl Reader {
    fn sign(&mut self, wanted: char) -> Result<(), String> {
        match self.words.next() {
            Some(Word::Sign(sign)) if sign == wanted => Ok(()),
            other => Err(format!("syntax error, expected {wanted:?}, found {other:?}")),
        }
    }

    fn is_next(&mut self, sign: char) -> bool {
        self.words.next_if(|word| *word == Word::Sign(sign)).is_some()
    }

    fn name(&mut self) -> Result<String, String> {
        match self.words.next() {
            Some(Word::Name(name)) => Ok(name),
            other => Err(format!("syntax error, expected a name, found {other:?}")),
        }
    }

    /// `($first: Int!, $after: String = null)`; values that were given to no declared variable are
    /// refused, so that a misspelt one is noticed.
    fn declarations(&mut self, given: &Map<String, Value>) -> Result<(), String> {
        if self.is_next('(') {
            while !self.is_next(')') {
                self.sign('$')?;
                let name = self.name()?;
                self.sign(':')?;
                let kind = self.kind()?;
                let preset = if self.is_next('=') { Some(self.value(0)?) } else { None };
                let value = given.get(&name).cloned().or(preset).unwrap_or(Value::Null);
                kind.check(&name, &value)?;
                self.variables.insert(name, value);
            }
        }
        match given.keys().find(|name| !self.variables.contains_key(*name)) {
            Some(name) => Err(format!("Variable ${name} is not declared by the operation")),
            None => Ok(()),
        }
    }

    fn kind(&mut self) -> Result<Kind, String> {
        let listed = self.is_next('[');
        let name = self.name()?;
        if listed {
            self.is_next('!');
            self.sign(']')?;
        }
        Ok(Kind { name, listed, needed: self.is_next('!') })
    }

    fn selection(&mut self, depth: usize) -> Result<Vec<Field>, String> {
        if depth > DEEPEST {
            return Err(format!("Query has depth of more than {DEEPEST}"));
        }
        self.sign('{')?;
        let mut fields = Vec::new();
        while !self.is_next('}') {
            fields.push(self.field(depth)?);
        }
        if fields.is_empty() { Err("syntax error, an empty selection".to_owned()) } else { Ok(fields) }
    }

    fn field(&mut self, depth: usize) -> Result<Field, String> {
        let first = self.name()?;
        let (alias, name) = if self.is_next(':') { (first, self.name()?) } else { (first.clone(), first) };
        let arguments = self.arguments()?;
        let mut directives = Vec::new();
        while self.is_next('@') {
            directives.push((self.name()?, self.arguments()?));
        }
        let deeper = self.words.peek() == Some(&Word::Sign('{'));
        let fields = if deeper { self.selection(depth + 1)? } else { Vec::new() };
        Ok(Field { alias, name, arguments, directives, fields })
    }

    fn arguments(&mut self) -> Result<Map<String, Value>, String> {
        let mut arguments = Map::new();
        if self.is_next('(') {
            while !self.is_next(')') {
                let name = self.name()?;
                self.sign(':')?;
                arguments.insert(name, self.value(0)?);
            }
        }
        Ok(arguments)
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("a value is nested too deeply".to_owned());
        }
        match self.words.next() {
            Some(Word::Sign('$')) => {
                let name = self.name()?;
                let value = self.variables.get(&name).cloned();
                value.ok_or_else(|| format!("Variable ${name} is used but not declared"))
            }
            Some(Word::Sign('[')) => {
                let mut list = Vec::new();
                while !self.is_next(']') {
                    list.push(self.value(depth + 1)?);
                }
                Ok(Value::Array(list))
            }
            Some(Word::Sign('{')) => {
                let mut members = Map::new();
                while !self.is_next('}') {
                    let name = self.name()?;
                    self.sign(':')?;
                    members.insert(name, self.value(depth + 1)?);
                }
                Ok(Value::Object(members))
            }
            Some(Word::Text(text)) => Ok(Value::String(text)),
            Some(Word::Number(text)) => serde_json::from_str(&text).map_err(|_| format!("{text} is no number")),
            Some(Word::Name(name)) => Ok(match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => Value::String(name),
            }),
            other => Err(format!("syntax error, expected a value, found {other:?}")),
        }
    }
}

/// A variable's declared type.
struct Kind {
    name: String,
    listed: bool,
    needed: bool,
}

impl Kind {
    fn check(&self, variable: &str, value: &Value) -> Result<(), String> {
        let fits = match (value, self.listed) {
            (Value::Null, _) => !self.needed,
            (Value::Array(list), true) => list.iter().all(|one| self.fits(one)),
            (one, _) => self.fits(one),
        };
        if fits {
            Ok(())
        } else {
            Err(format!("Variable ${variable} of type {} was provided invalid value", self.name))
        }
    }

    fn fits(&self, value: &Value) -> bool {
        match self.name.as_str() {
            "Int" => value.is_i64() || value.is_u64(),
            "Float" => value.is_number(),
            "Boolean" => value.is_boolean(),
            "String" | "ID" => value.is_string(),
            // Input objects are judged by whoever takes them.
            _ => value.is_object() || value.is_string(),
        }
    }
}
