//! What 管理 calls things.

use shoki_core::manifest::ModelTask;

/// What a model is for.
pub(super) const fn task(task: ModelTask) -> &'static str {
    match task {
        ModelTask::Runtime => "計算の部品",
        ModelTask::Orientation => "用紙の向きを見分ける",
        ModelTask::LineDetection => "文字の行を見つける",
        ModelTask::LineRecognition => "文字を読む",
        ModelTask::VoiceActivity => "声を見つける",
        ModelTask::SpeakerEmbedding => "話者を見分ける",
        ModelTask::SpeakerSegmentation => "話者の交代を見つける",
        ModelTask::SpeechRecognition => "話した言葉を書き起こす",
        ModelTask::TextEmbedding => "言葉の近さを測る",
        ModelTask::Reranking => "根拠の順を確かめる",
    }
}

/// Kinds of actions that the audit log is searched by: how they begin, and what they are called.
pub(super) const KINDS: [(&str, &str); 13] = [
    ("", "すべて"),
    ("document.", "文書の登録・削除"),
    ("job.", "ジョブ"),
    ("review.", "帳票の確認"),
    ("field.reveal", "個人番号を見た"),
    ("output.", "出力"),
    ("transcript.", "会議録の修正・書き出し"),
    ("voice_print.", "声の登録"),
    ("source.", "法令・通知の削除"),
    ("acceptance.", "自動承認"),
    ("session.", "サインイン"),
    ("people.", "職員とアカウントの管理"),
    ("token.", "トークン"),
];

/// An action in words; as it is written where it has none.
pub(super) fn action(action: &str) -> &str {
    match action {
        "acceptance.audit" => "抜き取り確認に答えた",
        "acceptance.off" => "自動承認を止めた",
        "acceptance.proven" => "自動承認の実績が足りた",
        "acceptance.proving" => "自動承認の実績を確かめ始めた",
        "account.create" => "アカウントを作った",
        "account.lock" => "アカウントを一時停止した",
        "account.password" => "パスワードを変えた",
        "account.person" => "アカウントに課を加えた",
        "artifact.read" => "結果のファイルを取り出した",
        "audit.verify" => "監査記録を検証した",
        "calibration.apply" => "読み誤りの見込みを学び直した",
        "calibration.back" => "読み誤りの見込みを前の版に戻した",
        "crop.reveal" => "個人番号の切り抜きを見た",
        "department.create" => "課を作った",
        "document.create" => "文書を登録した",
        "document.delete" => "文書を消した",
        "faq.create" => "FAQ を加えた",
        "faq.change" => "FAQ を直した",
        "faq.withdraw" => "FAQ を取り下げた",
        "faq.restore" => "FAQ をまた使うことにした",
        "faq.delete" => "FAQ を消した",
        "field.reveal" => "個人番号を見た",
        "job.cancel" => "ジョブを中止した",
        "job.fail" => "ジョブが失敗した",
        "job.submit" => "ジョブを始めた",
        "job.succeed" => "ジョブが終わった",
        "minutes.draft" => "会議録の下書きを作った",
        "minutes.draft_discard" => "会議録の下書きを消した",
        "output.preview" => "出力の見本を見た",
        "output.read" => "出力を取り出した",
        "page.image" => "用紙の画像を見た",
        "page.reveal" => "個人番号のある用紙を見た",
        "people.account" => "職員にアカウントを付けた",
        "people.department" => "課を加えた",
        "people.password" => "職員のパスワードを変えた",
        "people.person" => "職員を加えた",
        "recording.listen" => "録音を聞いた",
        "review.row" => "帳票の欄を確かめた",
        "revision.delete" => "法令・通知の版を消した",
        "revision.import" => "法令・通知の版を取り込んだ",
        "session.act_as" => "別の課に切り替えた",
        "session.close" => "サインアウトした",
        "session.open" => "サインインした",
        "session.refused" => "サインインに失敗した",
        "source.delete" => "法令・通知を消した",
        "synonyms.put" => "言い換えの表を変えた",
        "synonyms.despite_gate" => "言い換えの表を評価に反して変えた",
        "token.create" => "トークンを作った",
        "token.revoke" => "トークンを無効にした",
        "transcript.edit" => "会議録を直した",
        "transcript.export" => "会議録を書き出した",
        "user.create" => "職員を作った",
        "voice_print.delete" => "声の登録を消した",
        "voice_print.keep" => "声を登録した",
        other => other,
    }
}
