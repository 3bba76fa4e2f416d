//! Every error the product can show, in one closed list and one table.
//!
//! Goals: a code is stable (clients and RPA scenarios branch on it), carries what the desk needs —
//! what happened and what to do next, in Japanese — and says whether trying again can help.
//! Layers: each crate has its own `thiserror` enum with an internal message for the log; at the
//! border that enum is mapped to one `ErrorCode`. The external text is never the internal one.
//! Adding a code: add the variant, its row in `ErrorCode::entry`; the compiler finds the rest.

use serde::{Deserialize, Serialize};

/// What one code means: HTTP status, whether a retry can help, and the words for the desk.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name on the wire.
    pub name: &'static str,
    /// HTTP status (RFC 9110).
    pub status: u16,
    /// Whether a worker may run the unit again: the cause may be gone by then.
    pub retryable: bool,
    /// What happened.
    pub title_ja: &'static str,
    /// What to do next.
    pub action_ja: &'static str,
}

macro_rules! error_codes {
    ($($variant:ident $name:literal $status:literal $retryable:literal $title:literal $action:literal;)+) => {
        /// A closed set of error codes; see the module's essay.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode {$(
            #[doc = $title] $variant,
        )+}

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The row of this code.
            #[must_use]
            pub const fn entry(self) -> Entry {
                match self {$(
                    Self::$variant => Entry {
                        name: $name, status: $status, retryable: $retryable,
                        title_ja: $title, action_ja: $action,
                    },
                )+}
            }
        }
    };
}

error_codes! {
    // Requests.
    BadRequest "bad_request" 400 false "リクエストの形式が正しくありません。" "送信内容を確認してください。";
    Unauthenticated "unauthenticated" 401 false "サインインが必要です。" "有効なトークンを付けて送信してください。";
    Forbidden "forbidden" 403 false "この操作をする権限がありません。" "必要な場合は課の管理者に依頼してください。";
    NotFound "not_found" 404 false "見つかりません。" "番号を確認してください。削除された可能性もあります。";
    MethodNotAllowed "method_not_allowed" 405 false "この宛先ではその操作はできません。" "操作の方法(メソッド)を確認してください。";
    Conflict "conflict" 409 false "現在の状態ではこの操作はできません。" "最新の状態を確認してからやり直してください。";
    PayloadTooLarge "payload_too_large" 413 false "ファイルが大きすぎます。" "ファイルを分割して再度アップロードしてください。";
    UnsupportedMediaType "unsupported_media_type" 415 false "この種類のファイルは扱えません。" "帳票は PDF・TIFF・JPEG・PNG、法令・通知は XML・テキスト・Word・Excel・CSV・PDF・ZIP でアップロードしてください。";
    IdempotencyMismatch "idempotency_mismatch" 422 false "同じ Idempotency-Key で別の内容が送信されました。" "内容を変える場合は新しいキーを使ってください。";
    UnknownPipeline "unknown_pipeline" 422 false "指定された業務の定義が見つかりません。" "業務の一覧から選び直してください。";
    InvalidCursor "invalid_cursor" 400 false "続きの位置を示す値が正しくありません。" "一覧の最初から取り直してください。";
    TooManyRequests "too_many_requests" 429 true "混み合っています。" "しばらく待ってからやり直してください。";
    RequestTimeout "request_timeout" 408 true "受信が時間内に終わりませんでした。" "通信の状態を確認し、もう一度送信してください。";
    Internal "internal" 500 true "システム内部で問題が起きました。" "時間をおいてやり直し、続く場合は受付番号をシステム管理者に伝えてください。";
    NotReady "not_ready" 503 true "システムの準備ができていません。" "しばらく待ってからやり直してください。続く場合はシステム管理者に連絡してください。";
    StorageFull "storage_full" 507 true "保存領域が足りないため受け付けられません。" "不要な文書を削除するか、システム管理者に連絡してください。";
    VersionMissing "version_missing" 428 false "どの版に対する変更かが指定されていません。" "一覧を取り直し、その版の番号(ETag)を If-Match に付けて送信してください。";
    VersionChanged "version_changed" 412 false "他の人が先に変更しました。" "最新の内容を読み直してから、もう一度変更してください。";

    SheetLocked "sheet_locked" 409 true "ほかの人がこの用紙を確認しています。" "次の用紙に進むか、しばらく待ってからやり直してください。";

    Masked "masked" 403 false "個人番号など、伏せてある内容です。" "見る理由(reason)を付けて、同じ宛先の末尾に /reveal を付けて送信してください。";

    // The law desk.
    QuestionUnusable "question_unusable" 422 false "この質問では検索できません。" "質問を1文字以上2,000文字以内で入力してください。";
    OptionUnusable "option_unusable" 422 false "指定された値が使えません。" "指定できる値を確認してください。";
    NothingToImport "nothing_to_import" 422 false "取り込める文章が見つかりません。" "法令XML、テキスト、Word、文字情報のあるPDF、CSV、Excelのいずれかで登録してください。";
    SearchNotReady "search_not_ready" 503 true "法令検索の準備ができていません。" "しばらく待ってからやり直してください。続く場合はシステム管理者に連絡してください。";

    SynonymsWorsen "synonyms_worsen" 409 false "この言い換え表に替えると、根拠の分かっている質問の答えが悪くなります。" "表を直してください。それでも替える場合は、課の管理者が理由(despite)を付けて送信してください。";
    BankWorsens "bank_worsens" 409 false "この変更をすると、根拠の分かっている質問の答えが悪くなります。" "質問や条を見直してください。それでも変更する場合は、課の管理者が理由(despite)を付けて送信してください。";
    DraftingOff "drafting_off" 501 false "下書きの作成は使えない設定です。" "根拠を直接お読みください。使う場合はシステム管理者に「drafting」の設定を依頼してください。";
    DraftServer "draft_server" 502 true "下書きを作るサーバーから使える答えが返りませんでした。" "根拠を直接お読みください。続く場合はシステム管理者に連絡してください。";
    DraftTimeout "draft_timeout" 504 true "下書きの作成が時間内に終わりませんでした。" "根拠を直接お読みください。時間をおいてやり直すこともできます。";

    // Documents and pages.
    EmptyDocument "empty_document" 422 false "ファイルの中身がありません。" "ファイルを確認して再度アップロードしてください。";
    CorruptDocument "corrupt_document" 422 false "ファイルが壊れていて開けません。" "元のファイルを確認するか、スキャンし直してアップロードしてください。";
    PasswordProtected "password_protected" 422 false "パスワードで保護されています。" "保護を解除して再度アップロードしてください。";
    InputLimit "input_limit" 422 false "ページの数または画像の大きさが上限を超えています。" "ファイルを分割するか、200dpi程度でスキャンし直してください。";
    CorruptPage "corrupt_page" 422 false "このページは壊れていて読み取れません。" "このページだけスキャンし直してください。";
    DecodeTimeout "decode_timeout" 422 false "ページを開くのに時間がかかりすぎるため中止しました。" "このページを画像としてスキャンし直してください。";
    DecoderCrashed "decoder_crashed" 422 true "ページを開く処理が異常終了しました。" "このページだけスキャンし直してください。続く場合はシステム管理者に連絡してください。";

    // Recordings.
    NotRecording "not_recording" 415 false "音声・動画のファイルではありません。" "録音または録画のファイル(WAV・FLAC・MP3・M4A・MP4・MOV・WebM・OGG など)をアップロードしてください。";
    NoSound "no_sound" 422 false "この動画には音声が入っていません。" "音声の入ったファイルを確認してアップロードしてください。";
    CorruptRecording "corrupt_recording" 422 false "録音が壊れていて開けません。" "元のファイルを確認し、再生できるものをアップロードしてください。";
    TruncatedRecording "truncated_recording" 422 false "録音のファイルが途中で切れていて、音声を取り出せません。" "録音した機器からもう一度コピーし、最後まで再生できることを確認してアップロードしてください。";
    RecordingTooLong "recording_too_long" 422 false "録音が長すぎます(上限は9時間です)。" "録音を分割して再度アップロードしてください。";
    RecordingNeedsFfmpeg "recording_needs_ffmpeg" 422 false "この形式の録音(WMA・AMR など)を開くには、サーバーに ffmpeg が必要です。" "WAV・MP3・M4A などに変換してアップロードするか、システム管理者に ffmpeg の導入を依頼してください。";
    RecordingStopped "recording_stopped" 422 true "録音を開く処理が途中で止まりました。" "自動でやり直します。続く場合はWAVなどに変換してアップロードしてください。";

    // Models and forms.
    ModelMissing "model_missing" 503 true "読み取りに必要なモデルがありません。" "システム管理者に「shoki models pull」または「shoki models import」の実行を依頼してください。";
    ModelTampered "model_tampered" 503 false "モデルのファイルが配布時と異なるため使用を中止しました。" "システム管理者に「shoki models verify」で確認し、入れ直すよう依頼してください。";
    ModelContract "model_contract" 503 false "モデルの入出力が定義と異なるため使用を中止しました。" "システム管理者に正しい版のモデルを入れるよう依頼してください。";
    FormInvalid "form_invalid" 422 false "帳票定義に誤りがあります。" "「shoki forms check」で誤りの場所を確認してください。";
    PipelineChanged "pipeline_changed" 409 false "受付後に業務の定義が変わったため処理を中止しました。" "もう一度ジョブを登録してください。";

    OutputStopped "output_stopped" 409 false "出力できない文字や値があるため、出力を止めました。" "示された用紙の欄を直すか、帳票定義の出力([[output]])で扱いを決めてください。読み取った結果は残っています。";

    // Work.
    KilledWorker "killed_worker" 500 false "このページの処理中にシステムが二度停止したため、処理を見合わせました。" "このページだけスキャンし直してください。続く場合はシステム管理者に連絡してください。";
    LeaseLost "lease_lost" 500 true "処理の担当が時間切れで入れ替わりました。" "自動でやり直します。";
    EngineFailed "engine_failed" 500 true "読み取りエンジンで問題が起きました。" "自動でやり直します。続く場合はシステム管理者に連絡してください。";
}

impl ErrorCode {
    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// The reverse of [`ErrorCode::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// One sentence for the desk: what happened, then what to do.
    #[must_use]
    pub fn sentence_ja(self) -> String {
        let entry = self.entry();
        format!("{}{}", entry.title_ja, entry.action_ja)
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serde_names_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for &code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()), "{code} twice");
            assert_eq!(
                serde_json::to_value(code).unwrap(),
                serde_json::json!(code.as_str())
            );
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
            assert!(code.entry().title_ja.ends_with('。') && code.entry().action_ja.ends_with('。'));
        }
    }
}
