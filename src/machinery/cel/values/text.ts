/** How many code points a text has, which is its size in CEL. */
export function codePointCount(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    if (text.charCodeAt(i) >>> 10 === 0x36 && text.charCodeAt(i + 1) >>> 10 === 0x37) {
      count--
      i++
    }
  }
  return count
}
