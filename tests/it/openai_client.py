"""What a program written for OpenAI's transcription API does, with OpenAI's own client.

Arguments: address of the service, token, recording. Prints one JSON object.
"""

import json
import sys

import openai


def main() -> None:
    address, token, recording = sys.argv[1:]
    client = openai.OpenAI(base_url=f"{address}/openai/v1", api_key=token, max_retries=0, timeout=280)

    def transcribe(**options):
        with open(recording, "rb") as file:
            return client.audio.transcriptions.create(file=file, model="whisper-1", **options)

    def refusal(kind, call):
        try:
            call()
        except kind as error:
            return {"status": error.status_code, "message": error.message, **error.body}
        raise SystemExit(f"not refused as {kind.__name__}")

    plain = transcribe(language="ja", prompt="浅川、防災訓練", temperature=0)
    verbose = transcribe(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    diarized = transcribe(response_format="diarized_json")
    stranger = openai.OpenAI(base_url=f"{address}/openai/v1", api_key="nobody", max_retries=0)
    found = {
        "json": plain.text,
        "text": transcribe(response_format="text"),
        "srt": transcribe(response_format="srt"),
        "vtt": transcribe(response_format="vtt"),
        "verbose": {
            "kind": type(verbose).__name__,
            "text": verbose.text,
            "duration": verbose.duration,
            "segments": [[segment.start, segment.end, segment.text] for segment in verbose.segments],
            "words": "".join(word.word for word in verbose.words),
        },
        "diarized": {
            "kind": type(diarized).__name__,
            "segments": [[segment.speaker, segment.text] for segment in diarized.segments],
        },
        "french": refusal(openai.UnprocessableEntityError, lambda: transcribe(language="fr")),
        "nobody": refusal(
            openai.AuthenticationError,
            lambda: stranger.audio.transcriptions.create(
                file=("a.wav", b"RIFF\0\0\0\0WAVE"), model="whisper-1"
            ),
        ),
    }
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
