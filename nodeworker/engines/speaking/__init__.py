"""Engines that turn sentences into sound: an ONNX voice, or a program of the user's own."""
