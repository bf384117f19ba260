"""Images a second at which onnxruntime and OpenVINO infer with an ONNX model on the CPU: float32, and in OpenVINO bfloat16
too where the CPU computes with it. A tool that is not installed is named as such. Usage: peer_onnx.py MODEL.onnx"""

import os
import sys
import time

import numpy

BATCH = 128
ROUNDS = 5
ROUND_SECONDS = 1.0


def measure(name, run, images):
    """Prints the median of the rounds; a call of `run` infers so many images."""
    run()
    rates = []
    for _ in range(ROUNDS):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < ROUND_SECONDS:
            run()
            count += images
        rates.append(count / (time.perf_counter() - start))
    rates.sort()
    print(f"{name}: {rates[ROUNDS // 2]:.0f} images/s ({rates[0]:.0f}...{rates[-1]:.0f})", flush=True)


def batch_of(shape):
    return numpy.random.default_rng(1).integers(0, 256, [BATCH, *shape[1:]], dtype=numpy.uint8)


def measure_onnxruntime(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (model_input,) = session.get_inputs()
    images = batch_of(model_input.shape)
    measure(f"onnxruntime {onnxruntime.__version__}, inference, float32",
            lambda: session.run(None, {model_input.name: images}), BATCH)


def measure_openvino(path):
    import openvino

    core = openvino.Core()
    has_bfloat16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    for precision, hint in [("float32", "f32")] + ([("bfloat16", "bf16")] if has_bfloat16 else []):
        model = core.read_model(path)
        shape = [BATCH] + [dimension.get_length() for dimension in list(model.input(0).get_partial_shape())[1:]]
        model.reshape(shape)
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": os.cpu_count()})
        images = batch_of(shape)
        name = f"OpenVINO {openvino.__version__.split('-')[0]}, inference, {precision}"
        request = compiled.create_infer_request()
        measure(name + ", one request", lambda: request.infer({0: images}), BATCH)
        requests = openvino.AsyncInferQueue(compiled, os.cpu_count())

        def run_all():
            for _ in range(len(requests)):
                requests.start_async({0: images})
            requests.wait_all()

        measure(f"{name}, {len(requests)} requests at a time", run_all, BATCH * len(requests))


def main():
    for name, measure_tool in (("onnxruntime", measure_onnxruntime), ("OpenVINO", measure_openvino)):
        try:
            measure_tool(sys.argv[1])
        except ImportError:
            print(f"{name}: no figure (not installed)", flush=True)
        except Exception as error:
            print(f"{name}: no figure ({type(error).__name__}: {error})", flush=True)


if __name__ == "__main__":
    main()
