/** From a person's title to the name of a file that every platform takes. */
export const fileNameOf = (name: string): string =>
  name
    .replaceAll(/[^\p{L}\p{N}.]+/gu, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80) || 'model'
