//! What every index promises about who may be given what: 課, days, sources and kinds.

use super::*;

/// INV-DEPARTMENT: another 課's material is found by no leg and counted nowhere.
pub fn keeps_departments_apart(fixture: &Fixture) {
    let text = ["保護の要否を判定する。"];
    let mut own = revision(1, "甲", &text);
    own.department = Some(department(1));
    let mut other = revision(2, "乙", &text);
    other.department = Some(department(2));
    let shared = revision(3, "丙", &text);
    fixture.fill(&[own, other, shared]);
    let asked = question("保護の要否");
    let mut reader = scope();
    for (owner, visible) in [(1, [1, 3].as_slice()), (2, &[2, 3]), (9, &[3])] {
        reader.department = department(owner);
        let vector = vector(2_000);
        for leg in [
            Leg::Passages(&asked),
            Leg::Paragraphs(&asked),
            Leg::Dense(&vector),
        ] {
            let expected = visible.iter().map(|&revision| (revision, 0)).collect();
            assert_eq!(
                fixture.ordinals(&leg, &reader),
                expected,
                "department {owner}, {leg:?}"
            );
        }
        let counts = fixture
            .index
            .occurrences(&["要否".to_owned()], &reader)
            .expect("readable");
        assert_eq!(counts, [visible.len() as u64]);
    }
}

/// Another 課's imports do not move a score either: nothing about them can be read off a ranking.
pub fn other_departments_move_no_score(fixture: &Fixture) {
    let shared = revision(
        1,
        "甲",
        &["保護の費用を返還する。", "申請を却下する。", "住宅扶助を行う。"],
    );
    fixture.fill(&[shared]);
    let asked = question("費用の返還と申請");
    let before = fixture.found(&Leg::Passages(&asked), &scope());
    let mut other = revision(2, "乙", &["返還の申請", "返還の費用", "返還"]);
    other.department = Some(department(2));
    fixture.fill(&[other]);
    assert_eq!(fixture.found(&Leg::Passages(&asked), &scope()), before);
}

/// INV-DAY: in force from the first day, no longer on the last.
pub fn holds_revisions_to_the_day(fixture: &Fixture) {
    let mut old = revision(1, "甲", &["保護の費用"]);
    old.valid_to = Some(date(2025, 4, 1));
    let mut new = revision(2, "甲", &["保護の費用"]);
    new.valid_from = Some(date(2025, 4, 1));
    new.valid_to = Some(date(2026, 4, 1));
    fixture.fill(&[old, new]);
    let asked = question("保護");
    let vector = vector(1_000);
    for (as_of, expected) in [
        (date(1900, 1, 1), Some(1)),
        (date(2025, 3, 31), Some(1)),
        (date(2025, 4, 1), Some(2)),
        (date(2026, 3, 31), Some(2)),
        (date(2026, 4, 1), None),
    ] {
        let reader = ReaderScope { as_of, ..scope() };
        for leg in [
            Leg::Passages(&asked),
            Leg::Paragraphs(&asked),
            Leg::Dense(&vector),
        ] {
            let expected = expected.map(|revision| (revision, 0)).into_iter().collect();
            assert_eq!(fixture.ordinals(&leg, &reader), expected, "{as_of}, {leg:?}");
        }
    }
}

/// Chosen sources and the 附則.
pub fn keeps_to_sources_and_kinds(fixture: &Fixture) {
    let mut law = revision(1, "甲", &["保護の費用"]);
    law.passages.push(passage(
        1,
        PassageKind::Supplementary,
        "施行期日",
        "保護の経過措置",
    ));
    law.vectors.push(vector(77));
    fixture.fill(&[law, revision(2, "乙", &["保護の費用"])]);
    let asked = question("保護");
    let vector = vector(77);
    for leg in [
        Leg::Passages(&asked),
        Leg::Paragraphs(&asked),
        Leg::Dense(&vector),
    ] {
        let mut reader = scope();
        assert_eq!(fixture.ordinals(&leg, &reader), [(1, 0), (2, 0)].into());
        reader.supplementary = true;
        assert_eq!(fixture.ordinals(&leg, &reader), [(1, 0), (1, 1), (2, 0)].into());
        reader.sources = Some(vec!["乙".to_owned()]);
        assert_eq!(fixture.ordinals(&leg, &reader), [(2, 0)].into());
        reader.sources = Some(Vec::new());
        assert!(fixture.found(&leg, &reader).is_empty());
    }
}
