//! A meeting that was heard: three segments of two people.

use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shoki_core::audio::{DecodedRecording, EarlyStop, Millis, RecordingInfo, SampleIndex, StopReason};
use shoki_core::audio_report::{Advice, AudioReport, ChannelLayout, Finding, Severity};
use shoki_core::digest::Sha256;
use shoki_core::id::{DocumentId, WorkerId};
use shoki_core::meeting::{
    MEETING_JSON, MeetingResult, PlanRange, RecordingPart, RecordingPlan, VOICES_JSON,
};
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::outcome::{MinutesOutcome, Outcome};
use shoki_core::pipeline::MinutesPipeline;
use shoki_core::transcript::{Doubt, Replacement, Segment, SegmentId, Speaker, SpeakerId, Token, Transcript};
use shoki_core::unit::UnitKind;
use shoki_core::voice::{Diarization, SpeakerCentroid, VoiceVector};
use shoki_core::voice_print::PrintRules;
use shoki_store::model::{Claim, NewArtifact, Planned};

use crate::office::Office;

/// The smallest thing that is sniffed as a recording.
pub const WAV: &[u8] =
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0";
/// What was said.
pub const SAID: [&str; 3] = ["予算は一億です。", "はい。", "予算を可決します。"];

/// The model that the voices are of.
pub const ENCODER: &[u8] = b"encoder";

/// When a name is proposed.
pub const PRINT_RULES: PrintRules = PrintRules {
    threshold: 0.8,
    margin: 0.1,
    least: Millis(5_000),
};

pub fn pipeline() -> MinutesPipeline {
    let style = |id: &str, default: bool| {
        let text = format!(
            "id = \"{id}\"\nname = \"{id}\"\nversion = 1\ndefault = {default}\nlevel = \"edited\"\n\
             [[header]]\nlabel = \"会議名\"\nvalue = \"title\"\n\
             [[section]]\nkind = \"agenda\"\nheading = \"議題\"\n"
        );
        MinutesStyle::parse(&text).unwrap()
    };
    MinutesPipeline {
        styles: vec![style("youten", true), style("zenbun", false)],
        digest: Sha256::of(b"minutes"),
    }
}

pub fn report() -> AudioReport {
    AudioReport {
        procedure: "1".to_owned(),
        duration: Millis(3000),
        layout: ChannelLayout::Mono,
        channels: Vec::new(),
        overlap: None,
        advice: vec![Advice {
            finding: Finding::Quiet,
            severity: Severity::Warning,
            text_ja: "声が小さい録音です。".to_owned(),
        }],
    }
}

fn part(document: DocumentId) -> RecordingPart {
    RecordingPart {
        document,
        begins: SampleIndex(0),
        decoded: DecodedRecording {
            info: RecordingInfo {
                container: "wave".to_owned(),
                codec: "pcm_s16le".to_owned(),
                channels: 1,
                sample_rate: 16_000,
                declared: Some(Millis(9000)),
            },
            channels: 1,
            samples: 48_000,
            stopped: Some(EarlyStop {
                at: Millis(3000),
                reason: StopReason::Truncated,
            }),
            damaged_packets: 0,
        },
    }
}

/// 予算, heard as another word.
fn replacement() -> Replacement {
    Replacement {
        first: 0,
        tokens: 2,
        heard: "余算".to_owned(),
    }
}

fn transcript() -> Transcript {
    let segments = (1..).zip(SAID).map(|(id, text)| {
        let start = (id - 1) * 1000;
        let chars = text.chars().count() as u64;
        let tokens = (0..).zip(text.chars()).map(|(at, character)| Token {
            text: character.to_string(),
            start: Millis(start + 1000 * at / chars),
            end: Millis(start + 1000 * (at + 1) / chars),
            probability: 0.9,
        });
        Segment {
            id: SegmentId(id),
            channel: 0,
            start: Millis(start),
            end: Millis(start + 1000),
            speaker: Some(SpeakerId(if id == 2 { 2 } else { 1 })),
            tokens: tokens.collect(),
            doubts: vec![Doubt::Unsure],
            overlap: false,
            replacements: (id == 1).then(replacement).into_iter().collect(),
            withheld: None,
            version: 0,
        }
    });
    let speaker = |id| Speaker {
        id: SpeakerId(id),
        name: None,
        spoken: Millis(0),
    };
    let mut transcript = Transcript {
        speakers: vec![speaker(1), speaker(2)],
        segments: segments.collect(),
        ..Transcript::default()
    };
    transcript.count_spoken();
    transcript
}

pub fn result(document: DocumentId) -> MeetingResult {
    let centroid = |values: &[f32]| SpeakerCentroid {
        voice: VoiceVector::pack(values),
        spoken: Millis(20_000),
        likeness: 0.9,
    };
    MeetingResult {
        transcript: transcript(),
        diarization: Diarization {
            speakers: vec![centroid(&[1.0, 0.1, 0.0]), centroid(&[0.0, 0.2, 1.0])],
            turns: Vec::new(),
            model: Some(Sha256::of(ENCODER)),
        },
        duration: Millis(3000),
        report: report(),
        parts: vec![part(document)],
        recogniser: "whisper 1".to_owned(),
    }
}

impl Office {
    /// Starts a job on a recording that must be accepted: its document and its own id.
    pub async fn recording_job(&self, minutes: &Value) -> (String, String) {
        let response = self.upload("定例会 1.wav", WAV.to_vec()).await;
        assert_eq!(response.status(), 201);
        let document: Value = response.json().await.unwrap();
        let document = document["id"].as_str().unwrap().to_owned();
        let body = json!({"document_id": document, "pipeline": "minutes", "minutes": minutes});
        let response = self
            .clerk(Method::POST, "/v1/jobs")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 202);
        let job: Value = response.json().await.unwrap();
        (document, job["id"].as_str().unwrap().to_owned())
    }

    /// Takes a recording's unit that waits; whatever waits before it stays with a worker that is gone.
    async fn claim_of_meeting(&self, kind: UnitKind) -> Claim {
        loop {
            let lease = SignedDuration::from_mins(1);
            let claim = self
                .store
                .claim(WorkerId::generate(), lease)
                .await
                .unwrap()
                .unwrap();
            if claim.pipeline.minutes.is_some() && claim.kind == kind {
                return claim;
            }
        }
    }

    /// Plans the recording that waits.
    pub async fn plan_recording(&self) {
        let claim = self.claim_of_meeting(UnitKind::Plan).await;
        let plan = RecordingPlan {
            parts: vec![part(claim.document.id)],
            report: report(),
            duration: Millis(3000),
            channels: 1,
            windows: 1,
            each_window: Vec::new(),
            listing: PlanRange { start: 0, end: 7 },
            sound: PlanRange { start: 7, end: 12 },
        };
        let mut bytes = plan.encode_head().unwrap();
        bytes.extend_from_slice(b"listingsound");
        let stored = self.blobs.put(claim.department, &bytes).await.unwrap();
        self.store
            .commit_plan(claim.fence, Planned::together(1), Some(stored.blob))
            .await
            .unwrap();
    }

    /// Hears the recording that was planned, and puts it together.
    pub async fn hear(&self) {
        let claim = self.claim_of_meeting(UnitKind::Run).await;
        let stored = self.blobs.put(claim.department, b"piece").await.unwrap();
        self.store.commit_piece(claim.fence, stored.blob).await.unwrap();
        let claim = self.claim_of_meeting(UnitKind::Assemble).await;
        let meeting = serde_json::to_vec(&result(claim.document.id)).unwrap();
        let mut artifacts = Vec::new();
        for (name, bytes) in [
            (MEETING_JSON, meeting.as_slice()),
            (VOICES_JSON, b"{}".as_slice()),
        ] {
            let stored = self.blobs.put(claim.department, bytes).await.unwrap();
            artifacts.push(NewArtifact {
                name: name.to_owned(),
                media_type: "application/json".to_owned(),
                blob: stored.blob,
            });
        }
        let outcome = Outcome::Minutes(MinutesOutcome {
            duration_ms: 3000,
            segments: 3,
            ..MinutesOutcome::default()
        });
        self.store
            .commit_outcome(claim.fence, outcome, artifacts)
            .await
            .unwrap();
    }

    /// A meeting whose transcript can be worked on: its document and its job.
    pub async fn meeting(&self) -> (String, String) {
        let made = self.recording_job(&json!({"title": "定例会"})).await;
        self.plan_recording().await;
        self.hear().await;
        made
    }
}

/// Whether a route is about the transcript of a meeting.
pub fn is_of_one(path: &str) -> bool {
    let after = path.strip_prefix("/v1/jobs/{id}/").unwrap_or_default();
    let kinds = ["transcript", "speakers", "minutes", "export", "audio-report"];
    kinds.contains(&after.split('/').next().unwrap_or_default())
}

/// A route's path with a segment, a speaker and a form that the meeting has.
pub fn filled_in(path: &str) -> String {
    path.replace("{segment}", "1")
        .replace("{index}", "0")
        .replace("{speaker}", "S1")
        .replace("{format}", "txt")
}

/// A meeting of the tax section on which the route can do its work.
pub async fn to_be_changed(office: &Office, path: &str) -> String {
    let (_, job) = office.meeting().await;
    let before = match path.rsplit('/').next() {
        Some("reopen") => Some(("finish", json!({}))),
        Some("undo") => Some(("replace", json!({"from": "予算", "to": "決算"}))),
        _ => None,
    };
    if let Some((route, body)) = before {
        let request = office.clerk(Method::POST, &format!("/v1/jobs/{job}/transcript/{route}"));
        let answer = request
            .header("if-match", "\"0\"")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
    job
}

/// A request of the route that is right.
pub fn with_body(request: RequestBuilder, path: &str) -> RequestBuilder {
    let body = match path.trim_start_matches("/v1/jobs/{id}/") {
        "transcript/segments/{segment}" => json!({"text": "直した。"}),
        "transcript/segments/{segment}/split" => json!({"at": 3}),
        "transcript/segments/{segment}/join" => json!({"with": 2}),
        "transcript/replace" => json!({"from": "予算", "to": "決算"}),
        "transcript/undo" => json!({"sequence": 1}),
        "speakers" | "speakers/{speaker}" => json!({"name": "佐藤"}),
        "speakers/{speaker}/merge" => json!({"into": "S2"}),
        "minutes/draft" => json!({"item": 0}),
        "speakers/recluster" => json!({"speakers": {"kind": "exact", "speakers": 1}}),
        _ => return request.header("if-match", "\"0\""),
    };
    request.header("if-match", "\"0\"").json(&body)
}
