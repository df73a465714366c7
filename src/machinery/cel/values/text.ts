/** How many code points a text has, which is its size in CEL. */
export function codePointCount(text: string): number {
  // Short texts are counted sooner than searched; in most long ones there is nothing to count.
  if (text.length > SHORT && !LEADING.test(text)) return text.length
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    if (text.charCodeAt(i) >>> 10 === 0x36 && text.charCodeAt(i + 1) >>> 10 === 0x37) {
      count--
      i++
    }
  }
  return count
}

const SHORT = 32
const LEADING = /[\ud800-\udbff]/
