/** Version 4: what a log line says as code and values, beside its English, so that the page can say it in the reader's language. */
export const saidLogs = 'ALTER TABLE logs ADD COLUMN said TEXT;'
