/** Version 2: what was understood of a model is kept, so that its screen opens without reading the file again. */
export const modelViews = `
CREATE TABLE model_views (
  model_id TEXT PRIMARY KEY REFERENCES models(id) ON DELETE CASCADE,
  product TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
`
