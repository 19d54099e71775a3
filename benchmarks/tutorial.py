"""`python -m benchmarks.tutorial`: a model served as tutorials do it, with Flask and Keras alone.

Flask's development server answers, one thread a request, and `model.predict` computes. The network
is that of the bundle, rebuilt in Keras.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from flask import Flask, request

from sentiment import bundle as bundles
from sentiment.pipeline import Pipeline, pad


def create_app(model_directory: Path) -> Flask:
    """The application; TensorFlow runs on one thread, as the service does."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    from training.export import from_bundle

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    bundle = bundles.load(bundles.current(model_directory))
    model, _ = from_bundle(bundle)
    pipeline = Pipeline(bundle.tokenizer, bundle.manifest.pipeline)
    app = Flask(__name__, static_folder=None)

    @app.post("/v1/predict")
    def predict() -> dict[str, Any]:
        rows = pipeline.encode(request.get_json()["text"]).rows
        ids, _ = pad(rows, bundle.manifest.pipeline.timesteps)
        return {"logits": model.predict(ids, verbose=0).tolist()}

    return app


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tutorial", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    create_app(options.model).run(port=options.port)


if __name__ == "__main__":
    main()
