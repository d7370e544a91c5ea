/** How long the trash keeps what lies in it. A file of its own, so that the page can read it without the schemas. */
export const trashDays = 30
