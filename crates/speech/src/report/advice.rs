//! What the desk is told about a recording: each finding as a sentence that says what it is and what to do.
//!
//! Promises: most severe first, never empty, never the same finding twice for a channel. Never: a figure
//! that the report does not hold.

use shoki_core::audio_report::{
    Advice, AudioReport, ChannelLayout, ChannelReport, Finding, Hum, OverlapBasis, Severity,
};

/// Peaks below this are no sound at all, dBFS: five bits of 16.
const SILENT_PEAK: f32 = -60.0;
/// Less speech than this is not worth transcribing, seconds: a sentence.
const LITTLE_SECONDS: f64 = 2.0;
/// Less speech than this share of the time is too little for a meeting; `bench/samples/meeting.flac` has 0.8.
const LITTLE_SHARE: f32 = 0.05;
/// Speech is nominally recorded at −26 dBov (ITU-T P.830); a table recorder at a far end gives −40.
const QUIET_NOTE: f32 = -42.0;
/// At this level the loudest vowels use 9 bits of 16, and consonants vanish in lossy codecs.
const QUIET_WARNING: f32 = -50.0;
/// Share of clipped samples that is heard now and then. `bench/samples/meeting.flac` gives 0.000 001 where its
/// highest peak is 3 dB over the rail; 9 dB over it gives 0.001 7, but only 0.000 15 when it was clipped at
/// 48 kHz and 0.000 3 when it went through AAC afterwards.
const CLIPPED_NOTE: f32 = 0.000_05;
/// Share of clipped samples at which every loud syllable is cut: 17 dB over gives 0.044, 0.009 and 0.004.
const CLIPPED_WARNING: f32 = 0.001;
/// Below this recognition suffers, dB: error rates climb as noise comes nearer (Radford et al. 2022, figure 5,
/// for Whisper and 14 others).
const SNR_NOTE: f32 = 20.0;
/// See [`SNR_NOTE`].
const SNR_WARNING: f32 = 12.0;
/// Below this speech is hardly understood by people either, dB.
const SNR_SEVERE: f32 = 3.0;
/// Hum this far below speech is heard in pauses, dB.
const HUM_NOTE: f32 = 35.0;
/// Hum this far below speech masks low voices, dB.
const HUM_WARNING: f32 = 20.0;
/// Where a chair gives the floor, people speak at once for a few hundredths of the time.
const OVERLAP_NOTE: f32 = 0.10;
/// See [`OVERLAP_NOTE`].
const OVERLAP_WARNING: f32 = 0.25;
/// An estimate by pitches must be this much higher: reverberation alone gives 0.06 to 0.1.
const OVERLAP_ROUGHNESS: f32 = 0.10;

/// All advice; `kept` is what was found by other means.
#[must_use]
pub fn advise(report: &AudioReport, kept: Vec<Advice>) -> Vec<Advice> {
    let mut advice = kept;
    let separate = report.channels.len() == 2;
    let silent = |channel: &ChannelReport| channel.peak_dbfs < SILENT_PEAK;
    if report.channels.iter().all(silent) {
        advice.push(new(
            Finding::Silent,
            Severity::Severe,
            "音が入っていません。マイクの接続とミュート、録音機器の設定を確かめ、別の録音があればそちらを登録してください。",
        ));
    } else if let Some(little) = little_speech(report) {
        advice.push(little);
    } else {
        for (nth, channel) in report.channels.iter().enumerate() {
            let whose = match (separate, nth) {
                (false, _) => "",
                (true, 0) => "左チャンネル: ",
                (true, _) => "右チャンネル: ",
            };
            let found = [quiet(channel), clipped(channel), noisy(channel), hum(channel)];
            advice.extend(found.into_iter().flatten().map(|one| Advice {
                text_ja: format!("{whose}{}", one.text_ja),
                ..one
            }));
        }
        advice.extend(overlapping(report));
    }
    if advice.iter().all(|one| one.severity == Severity::Note) {
        advice.push(new(
            Finding::Good,
            Severity::Note,
            "録音の状態は文字起こしに使えます。このまま進めてください。",
        ));
    }
    advice.sort_by_key(|one| (std::cmp::Reverse(one.severity), one.finding != Finding::Good));
    advice
}

/// A finding of the channel's band.
#[must_use]
pub fn narrow_band() -> Advice {
    new(
        Finding::NarrowBand,
        Severity::Note,
        "音の高い成分(4 kHzより上)がありません。電話の録音か、録音機器の音質設定が低いためです。聞き間違いが増えるので、人名と数字を確認し、次回は高い音質(16 kHz以上)で録音してください。",
    )
}

/// How two channels are used; `cancelling` when one goes on because they would cancel each other.
#[must_use]
pub fn layout(layout: ChannelLayout, cancelling: bool) -> Option<Advice> {
    let names = |kept: u8| if kept == 0 { ("左", "右") } else { ("右", "左") };
    match layout {
        ChannelLayout::Mono | ChannelLayout::Mixed { .. } => None,
        ChannelLayout::Separate { .. } => Some(new(
            Finding::Separate,
            Severity::Note,
            "左右のチャンネルに別々の人の声が入っているため、分けて文字起こしします。話者の取り違えが起きにくい録音です。",
        )),
        ChannelLayout::OneSilent { kept } if cancelling => Some(new(
            Finding::OneSilent,
            Severity::Note,
            format!(
                "{}チャンネルだけを使います(左右を混ぜると声が打ち消し合うため)。次回はマイクの配線(極性)と位置を確かめてください。",
                names(kept).0
            ),
        )),
        ChannelLayout::OneSilent { kept } => {
            let (used, unused) = names(kept);
            Some(new(
                Finding::OneSilent,
                Severity::Note,
                format!(
                    "{used}チャンネルだけを使います({unused}チャンネルには使える音がありません)。2本のマイクで録音したはずなら、{unused}側の接続を確かめてください。"
                ),
            ))
        }
    }
}

/// That parts are missing.
#[must_use]
pub fn incomplete(missing_ja: String) -> Advice {
    Advice {
        finding: Finding::Incomplete,
        severity: Severity::Warning,
        text_ja: missing_ja,
    }
}

fn new(finding: Finding, severity: Severity, text_ja: impl Into<String>) -> Advice {
    Advice {
        finding,
        severity,
        text_ja: text_ja.into(),
    }
}

fn little_speech(report: &AudioReport) -> Option<Advice> {
    let share = report
        .channels
        .iter()
        .map(|channel| channel.speech_share)
        .fold(0.0, f32::max);
    let seconds = f64::from(share) * report.duration.seconds();
    let severity = match () {
        () if seconds < LITTLE_SECONDS => Severity::Severe,
        () if share < LITTLE_SHARE => Severity::Warning,
        () => return None,
    };
    Some(new(
        Finding::LittleSpeech,
        severity,
        format!(
            "話し声がほとんど見つかりません(全体の{:.1}%)。会議の録音かどうか、話し声が聞こえるかを再生して確かめてください。",
            share * 100.0
        ),
    ))
}

fn quiet(channel: &ChannelReport) -> Option<Advice> {
    let level = channel.speech_dbfs?;
    let severity = match level {
        ..=QUIET_WARNING => Severity::Warning,
        ..=QUIET_NOTE => Severity::Note,
        _ => return None,
    };
    Some(new(
        Finding::Quiet,
        severity,
        format!(
            "録音の音量が小さいです(話し声が{level:.0} dB、目安は−30 dB前後)。次回はマイクを話す人に近づけるか、録音レベルを上げてください。今回は、小さな声の箇所を聞いて確認してください。",
        ),
    ))
}

fn clipped(channel: &ChannelReport) -> Option<Advice> {
    let share = channel.clipped_share;
    let severity = match share {
        CLIPPED_WARNING.. => Severity::Warning,
        CLIPPED_NOTE.. => Severity::Note,
        _ => return None,
    };
    Some(new(
        Finding::Clipped,
        severity,
        format!(
            "音が割れています(全体の{}%)。次回は録音レベルを下げるか、マイクを少し離してください。今回は、大きな声の箇所を聞いて確認してください。",
            percent(share)
        ),
    ))
}

fn noisy(channel: &ChannelReport) -> Option<Advice> {
    let snr = channel.snr_db?;
    let severity = match snr {
        ..=SNR_SEVERE => Severity::Severe,
        ..=SNR_WARNING => Severity::Warning,
        ..=SNR_NOTE => Severity::Note,
        _ => return None,
    };
    let now = match severity {
        Severity::Severe => {
            "話し声が雑音に埋もれていて、使える文字起こしは期待できません。別の録音があればそちらを登録してください。"
        }
        Severity::Warning => "文字起こしの誤りが増えます。原稿は録音を聞きながら確認してください。",
        Severity::Note => "文字起こしはできますが、人名と数字を確認してください。",
    };
    Some(new(
        Finding::Noisy,
        severity,
        format!(
            "周りの雑音が大きいです(話し声との差{snr:.0} dB、目安は20 dB以上)。{now}次回は空調や機器から離し、マイクを話す人に近づけてください。",
        ),
    ))
}

fn hum(channel: &ChannelReport) -> Option<Advice> {
    let Hum {
        mains_hz, level_dbfs, ..
    } = channel.hum?;
    let below = channel.speech_dbfs? - level_dbfs;
    let severity = match below {
        ..=HUM_WARNING => Severity::Warning,
        ..=HUM_NOTE => Severity::Note,
        _ => return None,
    };
    Some(new(
        Finding::Hum,
        severity,
        format!(
            "電源の雑音({mains_hz} Hzのうなり)が入っています(話し声より{below:.0} dB低い)。次回はマイクの線を電源コードやACアダプターから離すか、電池で録音してください。",
        ),
    ))
}

fn overlapping(report: &AudioReport) -> Option<Advice> {
    let overlap = report.overlap?;
    let (about, roughness) = match overlap.basis {
        OverlapBasis::TwoChannels => ("", 0.0),
        OverlapBasis::TwoPitches => ("およそ", OVERLAP_ROUGHNESS),
    };
    let severity = match overlap.share - roughness {
        OVERLAP_WARNING.. => Severity::Warning,
        OVERLAP_NOTE.. => Severity::Note,
        _ => return None,
    };
    Some(new(
        Finding::Overlapping,
        severity,
        format!(
            "同時に話している時間が多いです({about}{:.0}%)。重なった発言は書き落としや話者の取り違えが起きやすいので、聞いて確認してください。次回は一人ずつ発言するよう進行してください。",
            overlap.share * 100.0
        ),
    ))
}

/// With as many digits as say something.
fn percent(share: f32) -> String {
    let percent = share * 100.0;
    if percent < 1.0 {
        format!("{percent:.2}")
    } else {
        format!("{percent:.0}")
    }
}
