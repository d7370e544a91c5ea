/** Version 6: what a run's network was measured to take belongs to the run, so that tables and charts have it; exports had it alone. */
export const runLatency = `
ALTER TABLE runs ADD COLUMN latency TEXT;
UPDATE runs SET latency = (
  SELECT json_extract(proof, '$.latency[0]') FROM exports
  WHERE exports.run_id = runs.id AND json_extract(proof, '$.latency[0].runtime') LIKE 'onnxruntime%'
  ORDER BY created_at DESC LIMIT 1
);
`
