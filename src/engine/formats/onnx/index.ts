/** ONNX as a format of the registry. */
export { matchOnnx, readOnnx } from './read'
export { type OnnxWriteOptions, writeOnnx, writeOnnxFiles } from './write'
