/** Version 3: the rounds of a result lie beside it, because tables of ten thousand runs do not read them. */
export const runRounds = `
ALTER TABLE runs ADD COLUMN rounds TEXT;
UPDATE runs SET rounds = json_extract(result, '$.rounds'), result = json_set(result, '$.rounds', json('[]'))
  WHERE result IS NOT NULL;
`
