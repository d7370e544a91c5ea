/** Version 1: projects, models, data sets, runs and all that belongs to a run. */
export const foundation = `
CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  goal TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '[]',
  archived INTEGER NOT NULL DEFAULT 0,
  sample INTEGER NOT NULL DEFAULT 0,
  deleted_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE models (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  hash TEXT NOT NULL,
  files TEXT NOT NULL,
  macs INTEGER NOT NULL,
  params INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  nodes INTEGER NOT NULL,
  parent_id TEXT REFERENCES models(id) ON DELETE SET NULL,
  run_id TEXT REFERENCES runs(id) ON DELETE SET NULL,
  deleted_at TEXT,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX models_by_project ON models(project_id, created_at);
CREATE INDEX models_by_parent ON models(parent_id);
CREATE INDEX models_by_run ON models(run_id);

CREATE TABLE datasets (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  artifact TEXT,
  facts TEXT NOT NULL,
  deleted_at TEXT,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX datasets_by_project ON datasets(project_id, created_at);

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  model_id TEXT NOT NULL REFERENCES models(id),
  dataset_id TEXT NOT NULL REFERENCES datasets(id),
  name TEXT NOT NULL,
  config TEXT NOT NULL,
  status TEXT NOT NULL,
  queue_order INTEGER NOT NULL,
  owner TEXT,
  progress TEXT,
  heard_at TEXT,
  eta_seconds REAL,
  result TEXT,
  kept TEXT,
  macs_kept REAL,
  metric_drop REAL,
  error TEXT,
  environment TEXT,
  result_model_id TEXT REFERENCES models(id) ON DELETE SET NULL,
  sweep_id TEXT,
  tags TEXT NOT NULL DEFAULT '[]',
  notes TEXT NOT NULL DEFAULT '',
  deleted_at TEXT,
  created_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT
) STRICT;
CREATE INDEX runs_by_project ON runs(project_id, created_at);
CREATE INDEX runs_by_queue_order ON runs(queue_order);
CREATE INDEX runs_by_status ON runs(status, queue_order);
CREATE INDEX runs_by_model ON runs(model_id);
CREATE INDEX runs_by_dataset ON runs(dataset_id);
CREATE INDEX runs_by_result_model ON runs(result_model_id);

CREATE TABLE metrics (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  step REAL NOT NULL,
  value REAL,
  PRIMARY KEY (run_id, name, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE traces (
  run_id TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE logs (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX logs_by_run ON logs(run_id, id);

CREATE TABLE comparisons (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  run_ids TEXT NOT NULL,
  baseline_run_id TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX comparisons_by_project ON comparisons(project_id, created_at);

CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  run_id TEXT REFERENCES runs(id) ON DELETE SET NULL,
  model_id TEXT NOT NULL REFERENCES models(id),
  proof TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX exports_by_project ON exports(project_id, created_at);
CREATE INDEX exports_by_model ON exports(model_id);

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
`
