/** How long the trash keeps what lies in it. A file of its own, so that the page can read it without the schemas. */
export const trashDays = 30

const dayMs = 86_400_000

/** Whole days that something thrown away at `deletedAt` (ISO 8601) is still kept, from `now` (ms since 1970); 0: it goes today. */
export const daysLeft = (deletedAt: string, now: number): number =>
  Math.max(0, Math.ceil((Date.parse(deletedAt) + trashDays * dayMs - now) / dayMs))
