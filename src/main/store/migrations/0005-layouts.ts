/**
 * Version 5: a row each piece of the interface's state, so that what belongs to a project goes with it, to the trash and
 * into its archive. A key that ends with a project's id belongs to that project.
 */
export const layouts = `
CREATE TABLE layouts (
  key TEXT PRIMARY KEY,
  project_id TEXT REFERENCES projects(id) ON DELETE CASCADE,
  value TEXT NOT NULL
) STRICT;
CREATE INDEX layouts_by_project ON layouts (project_id);
INSERT INTO layouts (key, project_id, value)
  SELECT entry.key, (SELECT id FROM projects WHERE substr(entry.key, -length(id) - 1) = '.' || id),
    settings.value -> entry.fullkey
  FROM settings, json_each(settings.value) AS entry
  WHERE settings.key = 'layouts' AND json_valid(settings.value) AND json_type(settings.value) = 'object';
DELETE FROM settings WHERE key = 'layouts';
`
