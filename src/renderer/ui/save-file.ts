/** Hands a file to the person: the browser's own download, in every shell. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  // The download reads the address after the click; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
