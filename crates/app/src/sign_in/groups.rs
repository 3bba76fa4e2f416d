//! From the directory's groups to 課 and roles, by the configured table.
//!
//! Promise: the table's order decides: of two rules for one 課 the first counts. A group that is in no rule is
//! nothing.

use std::collections::HashSet;

use shoki_core::access::Role;

use crate::config::GroupRule;

/// A group as two spellings of it are compared.
pub(super) type Group = Vec<String>;

/// The configured table.
#[derive(Debug)]
pub(super) struct GroupTable(Vec<(Group, String, Role)>);

impl GroupTable {
    /// Rules whose groups are distinguished names.
    pub(super) fn of_dns(rules: &[GroupRule]) -> Self {
        Self::of(rules, distinguished_name)
    }

    /// Rules whose groups are plain names.
    pub(super) fn of_names(rules: &[GroupRule]) -> Self {
        Self::of(rules, plain_name)
    }

    fn of(rules: &[GroupRule], group: fn(&str) -> Group) -> Self {
        let rules = rules.iter();
        Self(
            rules
                .map(|rule| (group(&rule.group), rule.department.clone(), rule.role))
                .collect(),
        )
    }

    /// The 課 of somebody in these groups, each once, in the table's order.
    pub(super) fn departments(&self, groups: &HashSet<Group>) -> Vec<(String, Role)> {
        let mut departments: Vec<(String, Role)> = Vec::new();
        for (group, department, role) in &self.0 {
            let is_new = !departments.iter().any(|(known, _)| known == department);
            if is_new && groups.contains(group) {
                departments.push((department.clone(), *role));
            }
        }
        departments
    }
}

/// A plain name: compared as it is.
pub(super) fn plain_name(name: &str) -> Group {
    vec![name.to_owned()]
}

/// A distinguished name (RFC 4514): its parts without escapes, without spaces around them, in small letters.
pub(super) fn distinguished_name(dn: &str) -> Group {
    let mut parts = vec![Vec::new()];
    let bytes = dn.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b',' || byte == b';' {
            parts.push(Vec::new());
            continue;
        }
        let mut plain = byte;
        if byte == b'\\' {
            let pair = bytes
                .get(at..at + 2)
                .and_then(|pair| std::str::from_utf8(pair).ok());
            if let Some(escaped) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
                plain = escaped;
                at += 2;
            } else if let Some(&escaped) = bytes.get(at) {
                plain = escaped;
                at += 1;
            }
        }
        if let Some(part) = parts.last_mut() {
            part.push(plain);
        }
    }
    parts.iter().map(|part| spelled(part)).collect()
}

/// `attribute=value` in one spelling.
fn spelled(part: &[u8]) -> String {
    let part = String::from_utf8_lossy(part).to_lowercase();
    match part.split_once('=') {
        Some((attribute, value)) => format!("{}={}", attribute.trim(), value.trim()),
        None => part.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(group: &str, department: &str, role: Role) -> GroupRule {
        GroupRule {
            group: group.to_owned(),
            department: department.to_owned(),
            role,
        }
    }

    #[test]
    fn one_group_however_it_is_spelled() {
        let plain = distinguished_name("cn=税、係,ou=groups,dc=example");
        for spelling in [
            "CN=税、係, OU=Groups , dc = EXAMPLE",
            "cn=\\E7\\A8\\8E、係,ou=groups,dc=example",
            "cn=税、係;ou=groups;dc=example",
        ] {
            assert_eq!(distinguished_name(spelling), plain, "{spelling}");
        }
        let comma = distinguished_name("cn=a\\,b,dc=example");
        assert_eq!(comma, distinguished_name("cn=a\\2Cb,dc=example"));
        assert_eq!(comma.len(), 2);
        for other in [
            "cn=税、係,ou=groups,dc=example,dc=jp",
            "cn=税,ou=groups,dc=example",
            "",
            "\\",
        ] {
            assert_ne!(distinguished_name(other), plain, "{other}");
        }
    }

    #[test]
    fn the_first_rule_of_a_department_counts() {
        let table = GroupTable::of_names(&[
            rule("chiefs", "市民税課", Role::DepartmentAdmin),
            rule("tax", "市民税課", Role::Clerk),
            rule("welfare", "福祉課", Role::Clerk),
        ]);
        let of = |groups: &[&str]| {
            let groups = groups.iter().map(|name| plain_name(name)).collect();
            table.departments(&groups)
        };
        assert_eq!(
            of(&["welfare", "tax", "chiefs"]),
            [
                ("市民税課".to_owned(), Role::DepartmentAdmin),
                ("福祉課".to_owned(), Role::Clerk)
            ]
        );
        assert_eq!(of(&["tax"]), [("市民税課".to_owned(), Role::Clerk)]);
        assert!(of(&["Tax", "other"]).is_empty());
    }
}
