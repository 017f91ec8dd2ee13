use crate::advisory::Assessment;
use beleg_model::Severity;
use cvss::Cvss;
use serde::Deserialize;
use serde_json::Value;

/// Longer ones are no CVSS vectors; the longest of version 4 has about 250 characters.
const MAX_VECTOR: usize = 512;

/// One severity of a record (OSV schema, section "severity field").
#[derive(Debug, Deserialize)]
pub(super) struct Stated {
    score: String,
}

/// Returns how bad a record says it is. The newest version of CVSS wins; without a vector, a
/// word does, the more specific one first.
pub(super) fn assess(stated: &[Stated], specifics: &[Option<&Value>]) -> Assessment {
    let vectors = stated.iter().filter_map(|it| read_vector(&it.score));
    if let Some((_, assessment)) = vectors.max_by_key(|(version, _)| *version) {
        return assessment;
    }
    let stated_words = stated.iter().map(|it| it.score.as_str());
    let keys = ["severity", "urgency"];
    let specific_words = specifics
        .iter()
        .flatten()
        .flat_map(|value| keys.iter().filter_map(|key| value.get(key).and_then(Value::as_str)));
    let severity = stated_words.chain(specific_words).find_map(of_word);
    Assessment { severity, score: None }
}

/// Reads a CVSS vector of version 2, 3.0, 3.1 or 4.0.
pub(crate) fn assess_vector(text: &str) -> Option<Assessment> {
    read_vector(text).map(|(_, assessment)| assessment)
}

fn read_vector(text: &str) -> Option<(u8, Assessment)> {
    if text.len() > MAX_VECTOR {
        return None;
    }
    let vector: Cvss = text.parse().ok()?;
    let version = match vector {
        Cvss::CvssV20(_) => 20,
        Cvss::CvssV30(_) => 30,
        Cvss::CvssV31(_) => 31,
        Cvss::CvssV40(_) => 40,
        _ => return None,
    };
    let score = vector.score();
    // A score outside the scale would be an error of the calculation, and no score at all.
    let severity = (0.0..=10.0).contains(&score).then(|| Severity::of_score(score))?;
    Some((version, Assessment { severity: Some(severity), score: Some(score) }))
}

/// Reads the words of GitHub, Red Hat, Ubuntu and Debian. Words that say nothing about how bad it
/// is ("not yet assigned", "end-of-life") give nothing.
fn of_word(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "critical" => Some(Severity::Critical),
        "high" | "important" => Some(Severity::High),
        "medium" | "moderate" => Some(Severity::Medium),
        "low" | "negligible" => Some(Severity::Low),
        "unimportant" | "none" | "info" => Some(Severity::Info),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stated(scores: &[&str]) -> Vec<Stated> {
        scores.iter().map(|score| Stated { score: (*score).to_owned() }).collect()
    }

    const V2: &str = "AV:N/AC:L/Au:N/C:C/I:C/A:C";
    const V3: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    const V4: &str = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N";

    #[test]
    fn the_newest_version_of_cvss_wins() {
        for (scores, severity, score) in [
            (vec![V2], Severity::Critical, 10.0),
            (vec![V2, V3], Severity::Critical, 9.8),
            (vec![V4, V3], Severity::Medium, 6.9),
        ] {
            let assessment = assess(&stated(&scores), &[]);
            assert_eq!(assessment, Assessment { severity: Some(severity), score: Some(score) });
        }
    }

    #[test]
    fn words_are_read_where_there_is_no_vector() {
        let github = json!({"severity": "MODERATE"});
        assert_eq!(assess(&[], &[Some(&github)]).severity, Some(Severity::Medium));
        let debian = json!({"urgency": "unimportant"});
        assert_eq!(assess(&[], &[None, Some(&debian)]).severity, Some(Severity::Info));
        assert_eq!(assess(&stated(&["negligible"]), &[]).severity, Some(Severity::Low));
    }

    #[test]
    fn what_cannot_be_read_is_no_severity() {
        let odd = json!({"severity": 9, "urgency": "not yet assigned"});
        assert_eq!(assess(&stated(&["CVSS:9.9/AV:N"]), &[Some(&odd)]), Assessment::default());
        assert_eq!(assess_vector(&V3.repeat(20)), None);
    }

    proptest::proptest! {
        #[test]
        fn no_vector_makes_the_reader_panic(
            version in "(CVSS:[234]\\.[01]/)?",
            metrics in "([A-Z]{1,3}:[A-Z]{1,2}/){0,30}",
        ) {
            let _ = assess_vector(&format!("{version}{metrics}"));
        }
    }
}
