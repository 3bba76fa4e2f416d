//! Word's automatic numbers (ECMA-376 part 1, 17.9): from `numbering.xml` to the words that a reader
//! sees before a paragraph.
//!
//! Counts on in document order, so each paragraph must be asked for once.

use std::collections::{HashMap, HashSet};

use super::xml::{Step, walk};
use crate::failure::Decoded;

/// Levels of a list (17.9.6).
const LEVELS: usize = 9;
/// Numbers beyond this are shown as decimals; no outline has so many items.
const MAX_SPELT: u32 = 9999;

#[derive(Clone, Debug)]
struct Level {
    start: u32,
    format: String,
    text: String,
    style: Option<String>,
    separator: &'static str,
    restarts: bool,
    is_legal: bool,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            start: 0,
            format: "decimal".to_owned(),
            text: String::new(),
            style: None,
            // A tab, which between a number and its words is what 　 is in running text.
            separator: "\u{3000}",
            restarts: true,
            is_legal: false,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct List {
    levels: Vec<Level>,
    style: Option<String>,
    linked_to: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Instance {
    list: String,
    starts: HashMap<usize, u32>,
}

/// The lists of a document and how far each has been counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    lists: HashMap<String, List>,
    instances: HashMap<String, Instance>,
    counts: HashMap<String, [Option<u32>; LEVELS]>,
    started: HashSet<String>,
}

impl Numbering {
    /// Reads `numbering.xml`.
    pub(super) fn read(xml: &str) -> Decoded<Self> {
        let mut numbering = Self::default();
        let (mut list, mut instance, mut level) = (String::new(), String::new(), 0_usize);
        let mut in_instance = false;
        walk(xml, |step| {
            let Step::Open(element) = step else { return Ok(()) };
            let value = || element.value().unwrap_or_default();
            let index = || {
                element
                    .attribute("ilvl")
                    .and_then(|text| text.parse::<usize>().ok())
            };
            match element.name() {
                "abstractNum" => {
                    in_instance = false;
                    list = element.attribute("abstractNumId").unwrap_or_default();
                    numbering.lists.insert(list.clone(), List::default());
                }
                "num" => {
                    in_instance = true;
                    instance = element.attribute("numId").unwrap_or_default();
                    numbering.instances.insert(instance.clone(), Instance::default());
                }
                "abstractNumId" if in_instance => {
                    numbering.instances.entry(instance.clone()).or_default().list = value();
                }
                "lvlOverride" => level = index().unwrap_or(LEVELS),
                "startOverride" => {
                    if let Ok(start) = value().parse() {
                        let instance = numbering.instances.entry(instance.clone()).or_default();
                        instance.starts.insert(level, start);
                    }
                }
                // An override's own level is rare and is taken as the list's.
                _ if in_instance => {}
                "styleLink" => numbering.lists.entry(list.clone()).or_default().style = Some(value()),
                "numStyleLink" => numbering.lists.entry(list.clone()).or_default().linked_to = Some(value()),
                "lvl" => {
                    level = index().unwrap_or(LEVELS);
                    if level < LEVELS {
                        let levels = &mut numbering.lists.entry(list.clone()).or_default().levels;
                        levels.resize(levels.len().max(level + 1), Level::default());
                    }
                }
                name => {
                    let levels = numbering.lists.get_mut(&list).map(|list| &mut list.levels);
                    let Some(level) = levels.and_then(|levels| levels.get_mut(level)) else {
                        return Ok(());
                    };
                    match name {
                        "start" => level.start = value().parse().unwrap_or(0),
                        "numFmt" => level.format = value(),
                        "lvlText" => level.text = value(),
                        "pStyle" => level.style = Some(value()),
                        "lvlRestart" => level.restarts = value() != "0",
                        "isLgl" => level.is_legal = element.is_on(),
                        "suff" => {
                            level.separator = match value().as_str() {
                                "space" => " ",
                                "nothing" => "",
                                _ => "\u{3000}",
                            }
                        }
                        _ => {}
                    }
                }
            }
            Ok(())
        })?;
        Ok(numbering)
    }

    /// The level on which a style counts in an instance, when the style does not say it.
    pub(super) fn level_of_style(&self, instance: &str, style: &str) -> Option<usize> {
        let list = self.lists.get(self.list_of(instance)?)?;
        list.levels
            .iter()
            .position(|level| level.style.as_deref() == Some(style))
    }

    /// Counts one paragraph and gives what stands before its words; `None` when nothing does.
    pub(super) fn count(&mut self, instance: &str, level: usize) -> Option<String> {
        let list_id = self.list_of(instance)?.to_owned();
        let list = self.lists.get(&list_id)?;
        let own = list.levels.get(level)?;
        let counts = self.counts.entry(list_id).or_default();
        if self.started.insert(instance.to_owned()) {
            for (&level, &start) in &self.instances[instance].starts {
                if let Some(count) = counts.get_mut(level) {
                    *count = start.checked_sub(1);
                }
            }
        }
        let start_of = |level: usize| list.levels.get(level).map_or(1, |level| level.start);
        counts[level] = Some(counts[level].map_or(own.start, |count| count.saturating_add(1)));
        for (deeper, count) in counts.iter_mut().enumerate().skip(level + 1) {
            if list.levels.get(deeper).is_none_or(|level| level.restarts) {
                *count = None;
            }
        }
        let mut words = String::new();
        let mut rest = own.text.chars().peekable();
        while let Some(character) = rest.next() {
            match (character, rest.peek().and_then(|next| next.to_digit(10))) {
                ('%', Some(number @ 1..=9)) => {
                    rest.next();
                    let referred = number as usize - 1;
                    let count = counts[referred].unwrap_or_else(|| start_of(referred));
                    let format = list
                        .levels
                        .get(referred)
                        .map_or("decimal", |level| level.format.as_str());
                    let format = if own.is_legal { "decimal" } else { format };
                    words.push_str(&spelt(count, format));
                }
                // Bullets come from symbol fonts, whose characters are private.
                ('\u{e000}'..='\u{f8ff}', _) => words.push('・'),
                _ => words.push(character),
            }
        }
        (!words.is_empty()).then(|| words + own.separator)
    }

    fn list_of<'a>(&'a self, instance: &str) -> Option<&'a str> {
        let id = self.instances.get(instance)?.list.as_str();
        let Some(style) = self.lists.get(id)?.linked_to.as_deref() else {
            return Some(id);
        };
        self.lists
            .iter()
            .find(|(_, list)| list.style.as_deref() == Some(style))
            .map(|(id, _)| id.as_str())
    }
}

/// A number in one of the formats of 17.18.59; formats that no Japanese document uses are decimal.
fn spelt(number: u32, format: &str) -> String {
    let decimal = number.to_string();
    if number > MAX_SPELT {
        return decimal;
    }
    let from = |first: char, count: u32| {
        (1..=count)
            .contains(&number)
            .then(|| char::from_u32(first as u32 + number - 1))
            .flatten()
            .map(String::from)
    };
    let of = |signs: &str| {
        let count = signs.chars().count();
        let index = (number as usize).checked_sub(1)?;
        signs.chars().nth(index % count).map(String::from)
    };
    match format {
        "none" => Some(String::new()),
        "decimalZero" => Some(format!("{number:02}")),
        "decimalFullWidth" | "decimalFullWidth2" => Some(
            decimal
                .bytes()
                .filter_map(|digit| char::from_u32('０' as u32 + u32::from(digit - b'0')))
                .collect(),
        ),
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => from('①', 20),
        "decimalEnclosedParen" => from('⑴', 20),
        "decimalEnclosedFullstop" => from('⒈', 20),
        "lowerLetter" => of("abcdefghijklmnopqrstuvwxyz"),
        "upperLetter" => of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "lowerRoman" => Some(roman(number)),
        "upperRoman" => Some(roman(number).to_uppercase()),
        "aiueo" | "aiueoFullWidth" => {
            of("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン")
        }
        "iroha" | "irohaFullWidth" => of(
            "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス",
        ),
        "japaneseCounting" | "chineseCounting" | "chineseCountingThousand" | "taiwaneseCountingThousand" => {
            Some(kanji(number))
        }
        "ideographDigital" | "japaneseDigitalTenThousand" => Some(
            decimal
                .bytes()
                .filter_map(|digit| "〇一二三四五六七八九".chars().nth(usize::from(digit - b'0')))
                .collect(),
        ),
        _ => None,
    }
    .unwrap_or(decimal)
}

fn kanji(number: u32) -> String {
    let digit = |value: u32| "〇一二三四五六七八九".chars().nth(value as usize);
    let mut words = String::new();
    for (unit, name) in [(1000, "千"), (100, "百"), (10, "十")] {
        let value = number / unit % 10;
        if value > 1 {
            words.extend(digit(value));
        }
        if value > 0 {
            words.push_str(name);
        }
    }
    if !number.is_multiple_of(10) || number == 0 {
        words.extend(digit(number % 10));
    }
    words
}

fn roman(mut number: u32) -> String {
    let signs = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut words = String::new();
    for (value, sign) in signs {
        while number >= value {
            words.push_str(sign);
            number -= value;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_LEVELS: &str = r#"<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="0">
        <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimalFullWidth"/><w:lvlText w:val="第%1"/></w:lvl>
        <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="aiueoFullWidth"/><w:lvlText w:val="(%1-%2)"/><w:suff w:val="nothing"/></w:lvl>
        </w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num>
        <w:num w:numId="8"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num></w:numbering>"#;

    #[test]
    fn deeper_levels_begin_again() {
        let mut numbering = Numbering::read(TWO_LEVELS).unwrap();
        let seen: Vec<_> = [0, 1, 1, 0, 1]
            .into_iter()
            .map(|level| numbering.count("7", level).unwrap())
            .collect();
        assert_eq!(seen, ["第１　", "(１-ア)", "(１-イ)", "第２　", "(２-ア)"]);
        assert_eq!(numbering.count("8", 0).unwrap(), "第５　");
        assert_eq!(numbering.count("8", 0).unwrap(), "第６　");
        assert_eq!(numbering.count("9", 0), None);
        assert_eq!(numbering.count("7", 8), None);
    }

    #[test]
    fn numbers_are_spelt() {
        let all: Vec<_> = [
            "decimalEnclosedCircle",
            "lowerRoman",
            "irohaFullWidth",
            "japaneseCounting",
            "upperLetter",
            "bogus",
        ]
        .iter()
        .map(|format| spelt(14, format))
        .collect();
        assert_eq!(all, ["⑭", "xiv", "カ", "十四", "N", "14"]);
        assert_eq!(spelt(21, "decimalEnclosedCircle"), "21");
        assert_eq!(spelt(0, "aiueo"), "0");
        assert_eq!((kanji(1110), kanji(20)), ("千百十".to_owned(), "二十".to_owned()));
    }
}
