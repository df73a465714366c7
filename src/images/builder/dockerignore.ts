/** Decides which files of a build context do not exist for the build. */
export interface IgnoreRules {
  /** `path` is relative to the context, without leading slash. */
  ignores(path: string): boolean
  /** Whether something below an ignored directory may be included again. */
  readonly hasExceptions: boolean
}

/**
 * Reads a `.dockerignore`: the last rule that matches a path or one of its parents decides; `!` includes again, `**`
 * stands for any number of directories. https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function parseDockerignore(text: string): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "!")
    .map((line) => {
      const negated = line.startsWith("!")
      return { negated, expression: globExpression(clean(negated ? line.slice(1).trim() : line)) }
    })
  return {
    hasExceptions: rules.some((rule) => rule.negated),
    ignores(path) {
      let ignored = false
      for (const { negated, expression } of rules) {
        if (negated === ignored && parents(path).some((one) => expression.test(one))) ignored = !negated
      }
      return ignored
    },
  }
}

/** Ignores nothing. */
export const IGNORE_NOTHING: IgnoreRules = { ignores: () => false, hasExceptions: false }

function clean(pattern: string): string {
  const parts: string[] = []
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue
    if (part === "..") parts.pop()
    else parts.push(part)
  }
  return parts.join("/")
}

function parents(path: string): string[] {
  const parts = path.split("/")
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"))
}

/** A pattern of Go's filepath.Match, with `**` across directories, as an expression for a whole path. */
export function globExpression(pattern: string): RegExp {
  let source = ""
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i)
    if (pattern.startsWith("**/", i)) {
      source += "(?:.*/)?"
      i += 2
    } else if (pattern.startsWith("**", i)) {
      source += ".*"
      i += 1
    } else if (char === "*") source += "[^/]*"
    else if (char === "?") source += "[^/]"
    else if (char === "[") {
      const close = pattern.indexOf("]", i + 2)
      if (close < 0) source += "\\["
      else {
        const set = pattern
          .slice(i + 1, close)
          .replace(/\\/g, "\\\\")
          .replace(/\[/g, "\\[")
        source += `[${set}]`
        i = close
      }
    } else if (char === "\\" && i + 1 < pattern.length) source += escapeRegExp(pattern.charAt(++i))
    else source += escapeRegExp(char)
  }
  return new RegExp(`^${source}$`, "s")
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")
}
