import { posix } from "node:path"

/** mount(2) takes one page of options; the rest of the page is for `upperdir=` and `workdir=`. */
const LOWER_BYTES_MAX = 3_000

/**
 * How to write `lowerdir=` for a list of directories. A list that does not fit into mount(2)'s page of options is
 * written relative to `cwd`, into which the caller changes for the duration of the (synchronous) mount call; the other
 * options must then be absolute. Throws when even that does not fit.
 */
export function overlayLowerOption(lowerDirs: readonly string[]): {
  readonly cwd: string | null
  readonly lowerdir: string
} {
  const absolute = lowerDirs.map(escapeOption).join(":")
  if (absolute.length <= LOWER_BYTES_MAX) return { cwd: null, lowerdir: absolute }
  const parents = new Set(lowerDirs.map((dir) => posix.dirname(dir)))
  const [cwd] = parents
  const relative = lowerDirs.map((dir) => escapeOption(posix.basename(dir))).join(":")
  if (parents.size !== 1 || cwd === undefined || relative.length > LOWER_BYTES_MAX) {
    throw new Error(
      `${lowerDirs.length} layers do not fit into one overlay mount (${relative.length} bytes of options)`,
    )
  }
  return { cwd, lowerdir: relative }
}

/**
 * Directories (topmost first) without repetitions, which overlayfs refuses: some images have the same layer twice. The
 * lower one is hidden completely.
 */
export function mountable(lowerDirs: readonly string[]): string[] {
  return [...new Set(lowerDirs)]
}

/** overlayfs splits at colons and mount(2) options at commas. */
function escapeOption(path: string): string {
  return path.replaceAll("\\", "\\\\").replaceAll(":", "\\:").replaceAll(",", "\\,")
}
