"""The largest requests that the limits allow stay within bounds of memory and time."""

import subprocess
import sys
from pathlib import Path

import pytest

# The peak is of the process, so it is measured in one of its own.
PROGRAM = """
import re, sys, time
from pathlib import Path
from sentiment.classifier import Classifier
from service import create_app
from service.settings import Settings

def peak():  # in MB; of this process alone, which `getrusage` does not promise after a fork
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

settings = Settings()
client = create_app(settings, Classifier.load(Path(sys.argv[1]))).test_client()
options = {"sentences": True, "explain": sys.argv[2] == "explain"}
count = settings.max_explained if options["explain"] else settings.max_documents
room = (settings.max_body_bytes - 200) // count - 4  # quotes and commas
words = "it was a good day and we loved it but the bus was late and the food was cold and we "
unit = words * 2 + "left. "  # sentences of 40 words, so that there are not too many
text = (unit * settings.max_characters)[:min(room, settings.max_characters)]
body = {"texts": [text] * count, "options": options}
client.post("/v1/predict", json={"text": "good", "options": options})
before, begun = peak(), time.process_time()
response = client.post("/v1/predict", json=body)
seconds = time.process_time() - begun
assert response.status_code == 200, response.get_data()[:300]
answer = response.get_json()
assert len(answer["documents"]) == count, answer["errors"][:1]
sentences = sum(len(document["sentences"]) for document in answer["documents"])
print(peak() - before, seconds, sentences, response.content_length)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
@pytest.mark.parametrize("options", ["sentences", "explain"])
def test_the_largest_request(bundle_root: Path, options: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(bundle_root / "default" / "1"), options],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    megabytes, seconds, sentences, _ = map(float, run.stdout.split())
    assert sentences > 3000
    assert megabytes < 400
    assert seconds < 60
