/**
 * ONNX Runtime 1.30 counts its uses, keeps a number for the device in a cache of its own, and sends both away; for a user
 * without a home it warns on standard error. A training is nobody else's business. Imported before the engine is loaded;
 * who wants it sets the variable to 0.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1'
