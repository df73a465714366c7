/**
 * Finds links in HTML as it passes by: attributes of start tags that hold a URL. Everything else stays as it is, byte by
 * byte. Text is taken as Latin-1, in which every byte is a character, so any encoding that extends ASCII will do.
 * https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */

const URL_ATTRIBUTES: ReadonlyMap<string, readonly string[]> = new Map([
  ["a", ["href"]],
  ["applet", ["codebase"]],
  ["area", ["href"]],
  ["audio", ["src"]],
  ["base", ["href"]],
  ["blockquote", ["cite"]],
  ["body", ["background"]],
  ["button", ["formaction"]],
  ["command", ["icon"]],
  ["del", ["cite"]],
  ["embed", ["src"]],
  ["form", ["action"]],
  ["frame", ["longdesc", "src"]],
  ["head", ["profile"]],
  ["html", ["manifest"]],
  ["iframe", ["longdesc", "src"]],
  ["img", ["longdesc", "src", "usemap"]],
  ["input", ["src", "usemap", "formaction"]],
  ["ins", ["cite"]],
  ["link", ["href"]],
  ["object", ["classid", "codebase", "data", "usemap"]],
  ["q", ["cite"]],
  ["script", ["src"]],
  ["source", ["src"]],
  ["video", ["poster", "src"]],
])

/** What stands between their tags is text, whatever it looks like. */
const RAW_TEXT = new Set([
  "iframe",
  "noembed",
  "noframes",
  "noscript",
  "plaintext",
  "script",
  "style",
  "textarea",
  "title",
  "xmp",
])

/** A tag that is longer is none: the rest passes as it is. */
const TAG_LENGTH_MAX = 1 << 20
/** Incomplete markup that is shorter is looked at again with each piece. */
const LOOK_AGAIN_LENGTH = 256

interface Attribute {
  readonly name: string
  /** Where its value begins and ends, with the quotes. */
  readonly from: number
  readonly to: number
  readonly value: string
}

export interface HtmlLinks {
  /** What can be passed on so far, with its links replaced. */
  write(chunk: string): string
  /** What is left. */
  end(): string
}

/** `replace` gets a URL as it is written, with its character references; undefined leaves it alone. */
export function createHtmlLinks(replace: (url: string) => string | undefined): HtmlLinks {
  let text = ""
  /** The element in whose text we are. */
  let raw = ""
  let isOver = false
  /** How long the text must be to be looked at: twice what was seen in vain, that small pieces cost no more than large. */
  let lengthWanted = 0

  const rest = (): string => {
    const left = text
    text = ""
    return left
  }
  /** Takes pieces from the text until one is incomplete. */
  const take = (): string => {
    let out = ""
    let at = 0
    lengthWanted = 0
    while (at < text.length) {
      const next = raw === "" ? text.indexOf("<", at) : endOfRaw(text, raw, at)
      if (next < 0) {
        // The end of a raw text may have begun.
        const known = raw === "" ? text.length : Math.max(at, text.length - raw.length - 2)
        out += text.slice(at, known)
        at = known
        break
      }
      raw = ""
      out += text.slice(at, next)
      at = next
      const piece = pieceAt(text, at)
      if (piece === undefined) {
        isOver = text.length - at > TAG_LENGTH_MAX
        lengthWanted = 2 * (text.length - at)
        break
      }
      const source = text.slice(at, piece.end)
      out += piece.start === undefined ? source : withLinks(source, at, piece.start, replace)
      if (piece.start !== undefined && RAW_TEXT.has(piece.start.name)) raw = piece.start.name
      at = piece.end
    }
    text = text.slice(at)
    return out
  }
  return {
    write(chunk) {
      text += chunk
      const isIncomplete = text.length >= LOOK_AGAIN_LENGTH && text.length < lengthWanted
      const out = isOver || isIncomplete ? "" : take()
      return isOver ? out + rest() : out
    },
    end: () => (isOver ? rest() : take() + rest()),
  }
}

function withLinks(source: string, start: number, tag: Tag, replace: (url: string) => string | undefined): string {
  const wanted = URL_ATTRIBUTES.get(tag.name)
  if (wanted === undefined) return source
  let out = ""
  let at = 0
  for (const attribute of tag.attributes) {
    if (!wanted.includes(attribute.name)) continue
    const replaced = replace(attribute.value)
    if (replaced === undefined || replaced === attribute.value) continue
    out += `${source.slice(at, attribute.from - start)}"${replaced.replaceAll('"', "&#34;")}"`
    at = attribute.to - start
  }
  return out + source.slice(at)
}

interface Piece {
  readonly end: number
  /** When it is a start tag. */
  readonly start?: Tag
}

/** The markup that begins at `at` with a `<`; undefined when its end has not come yet. */
function pieceAt(text: string, at: number): Piece | undefined {
  const next = text[at + 1]
  if (next === undefined) return undefined
  if (/[a-zA-Z]/.test(next)) {
    const start = readTag(text, at)
    return start && { end: start.end, start }
  }
  if (next !== "!" && next !== "?" && next !== "/") return { end: at + 1 }
  if (next === "/" && /[a-zA-Z]/.test(text[at + 2] ?? "")) return readTag(text, at)
  const begin = text.slice(at, at + 4)
  if (begin === "<!--") return ended(endOfComment(text, at))
  if (begin.length < 4 && text.length === at + begin.length && "<!--".startsWith(begin)) return undefined
  return ended(after(text, ">", at))
}

const ended = (end: number | undefined): Piece | undefined => (end === undefined ? undefined : { end })

interface Tag {
  readonly name: string
  readonly attributes: readonly Attribute[]
  readonly end: number
}

const SPACE = /[\s/]/

function readTag(text: string, start: number): Tag | undefined {
  let at = start + (text[start + 1] === "/" ? 2 : 1)
  const nameFrom = at
  const skip = (while_: (char: string) => boolean) => {
    while (at < text.length && while_(text[at] ?? "")) at++
  }
  skip((char) => !SPACE.test(char) && char !== ">")
  const name = text.slice(nameFrom, at).toLowerCase()
  const attributes: Attribute[] = []
  for (;;) {
    skip((char) => SPACE.test(char))
    if (at >= text.length) return undefined
    if (text[at] === ">") return { name, attributes, end: at + 1 }
    const keyFrom = at
    // An equals sign that stands first belongs to the name.
    at++
    skip((char) => !SPACE.test(char) && char !== ">" && char !== "=")
    const key = text.slice(keyFrom, at).toLowerCase()
    skip((char) => /\s/.test(char))
    if (text[at] !== "=") continue
    at++
    skip((char) => /\s/.test(char))
    const quote = text[at]
    if (quote === undefined) return undefined
    const from = at
    if (quote === '"' || quote === "'") {
      const close = text.indexOf(quote, at + 1)
      if (close < 0) return undefined
      at = close + 1
      attributes.push({ name: key, from, to: at, value: text.slice(from + 1, close) })
    } else {
      skip((char) => !/\s/.test(char) && char !== ">")
      attributes.push({ name: key, from, to: at, value: text.slice(from, at) })
    }
  }
}

function endOfComment(text: string, start: number): number | undefined {
  const early = /^<!---?>/.exec(text.slice(start, start + 6))
  if (early !== null) return start + early[0].length
  const close = /--!?>/g
  close.lastIndex = start + 4
  const found = close.exec(text)
  return found === null ? undefined : found.index + found[0].length
}

/** Where the end tag begins; -1 when it is not there. */
function endOfRaw(text: string, name: string, from: number): number {
  if (name === "plaintext") return -1
  const close = new RegExp(`</${name}[\\s/>]`, "gi")
  close.lastIndex = from
  return close.exec(text)?.index ?? -1
}

function after(text: string, end: string, from: number): number | undefined {
  const found = text.indexOf(end, from)
  return found < 0 ? undefined : found + 1
}
