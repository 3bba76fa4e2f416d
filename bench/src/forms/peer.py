"""Reads a PDF with RapidOCR, full page, and writes what it found as JSON; driven by `shoki-bench forms`.

The pages come at 200 dpi and are turned upright by the truth, so the peer needs no sorting of its own.
One process per worker, one thread per process.
"""

import json
import os
import pathlib
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import cv2
import numpy as np
import pypdfium2
import rapidocr
from rapidocr import RapidOCR

ORDER = json.load(open(sys.argv[1], encoding="utf-8"))
cv2.setNumThreads(1)
STATE = {}
# Shoki has no use for this one, so it is the peer's own copy.
CLS = pathlib.Path(rapidocr.__file__).parent / "models" / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"


def start():
    STATE["pdf"] = pypdfium2.PdfDocument(ORDER["pdf"])
    STATE["engine"] = RapidOCR(
        params={
            "Global.log_level": "warning",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.model_path": ORDER["det"],
            "Rec.model_path": ORDER["rec"],
            "Cls.model_path": str(CLS),
        }
    )


def read(index):
    grey = STATE["pdf"][index].render(scale=200 / 72, grayscale=True).to_numpy()
    grey = np.ascontiguousarray(np.rot90(grey.reshape(grey.shape[:2]), -ORDER["quarter_turns"][index]))
    found = STATE["engine"](
        cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), return_word_box=True, return_single_char_box=True
    )
    lines = []
    if found.boxes is not None:
        for box, text, letters in zip(found.boxes, found.txts, found.word_results):
            lines.append(
                {
                    "text": text,
                    "quad": np.asarray(box, float).tolist(),
                    "letters": [[letter[0], np.asarray(letter[2], float).tolist()] for letter in letters],
                }
            )
    return lines


def main():
    indices = range(len(ORDER["quarter_turns"]))
    if ORDER["workers"] == 1:
        start()
        pages = [read(index) for index in indices]
    else:
        import multiprocessing

        with multiprocessing.Pool(ORDER["workers"], initializer=start) as pool:
            pages = pool.map(read, indices, chunksize=1)
            pool.close()
            pool.join()
    with open(ORDER["out"], "w", encoding="utf-8") as file:
        json.dump(pages, file, ensure_ascii=False)


if __name__ == "__main__":
    main()
