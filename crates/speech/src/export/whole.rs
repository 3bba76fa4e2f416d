//! A meeting in every form in which it leaves the product: one door for jobs, the API and the command line.

use shoki_core::audio::Millis;
use shoki_core::audio_report::AudioReport;
use shoki_core::meeting::{ExportFormat, MinutesOptions};
use shoki_core::minutes::{Minutes, TextLevel};
use shoki_core::transcript::Transcript;

use super::{docx, json, markdown, minutes_txt, srt, transcript_markdown, txt, vtt};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Exported<'a> {
    /// The text, as it stands now.
    pub transcript: &'a Transcript,
    /// The minutes composed from it.
    pub minutes: &'a Minutes,
    /// What was said about the meeting: its terms are never cleaned away.
    pub options: &'a MinutesOptions,
    /// How long the recording is.
    pub duration: Millis,
    /// What was measured in it.
    pub report: Option<&'a AudioReport>,
}

impl Exported<'_> {
    /// The bytes of a file; `level` is the text's, absent for the usual one.
    ///
    /// # Errors
    /// When a number cannot be written as JSON, or the Word document cannot be packed.
    pub fn bytes(&self, format: ExportFormat, level: Option<TextLevel>) -> std::io::Result<Vec<u8>> {
        let level = level.unwrap_or(format.usual_level());
        let kept: Vec<&str> = self
            .options
            .terms
            .iter()
            .map(|term| term.written.as_str())
            .collect();
        let text = match format {
            ExportFormat::Docx => return docx(self.minutes),
            ExportFormat::Txt => {
                let body = txt(self.transcript, level, &kept);
                format!("{}\r\n{body}", minutes_txt(self.minutes))
            }
            ExportFormat::Md => {
                let body = transcript_markdown(self.transcript, level, &kept);
                format!("{}\n## 発言\n\n{body}", markdown(self.minutes))
            }
            ExportFormat::Srt => srt(self.transcript, level, &kept),
            ExportFormat::Vtt => vtt(self.transcript, level, &kept),
            ExportFormat::Json => json(self.transcript, level, &kept, self.duration, self.report)?,
        };
        Ok(text.into_bytes())
    }
}
