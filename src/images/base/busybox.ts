import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { basename, dirname, join, relative } from "node:path"
import type { Platform } from "../../platform/platform.ts"
import { ImageError } from "../images.ts"
import type { BaseRecipe } from "./base-image.ts"
import { placeInImage, sharedLibraries } from "./shared-libraries.ts"

const PLACES = ["/usr/bin/busybox", "/bin/busybox", "/usr/local/bin/busybox"]
/** Changes with what this file writes. */
const RECIPE = "busybox-1"
const NODE = 1000
const NOBODY = 65_534

const FILES: readonly (readonly [path: string, content: string])[] = [
  [
    "etc/passwd",
    `root:x:0:0:root:/root:/bin/sh
node:x:${NODE}:${NODE}:node:/home/node:/bin/sh
nobody:x:${NOBODY}:${NOBODY}:nobody:/:/bin/false
`,
  ],
  ["etc/group", `root:x:0:\ntty:x:5:\nnode:x:${NODE}:\nnogroup:x:${NOBODY}:\n`],
  ["etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"],
]

/** A root file system with a shell and the usual small programs, from the machine's busybox. */
export const busyboxBase: BaseRecipe = {
  name: "busybox",
  below: null,
  version() {
    const { size, mtimeMs } = statSync(findBusybox())
    return `${RECIPE}-${size}-${Math.floor(mtimeMs / 1000)}`
  },
  async write(root, platform) {
    const busybox = findBusybox()
    const newest = Math.floor(statSync(busybox).mtimeMs / 1000)
    for (const dir of [
      "usr/bin",
      "usr/sbin",
      "usr/lib",
      "usr/lib64",
      "etc",
      "var",
      "home/node",
      "root",
      "tmp",
      "run",
    ]) {
      mkdirSync(join(root, dir), { recursive: true, mode: 0o755 })
    }
    for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name))
    for (const [path, content] of FILES) writeFileSync(join(root, path), content, { mode: 0o644 })
    chmodSync(join(root, "tmp"), 0o1777)
    chmodSync(join(root, "root"), 0o700)
    chownSync(join(root, "home/node"), NODE, NODE)
    copyFileSync(busybox, join(root, "usr/bin/busybox"))
    chmodSync(join(root, "usr/bin/busybox"), 0o755)
    // Debian's busybox-static needs none; other builds of busybox may.
    for (const library of await sharedLibraries(busybox, platform)) {
      const place = join(root, placeInImage(library))
      mkdirSync(dirname(place), { recursive: true, mode: 0o755 })
      copyFileSync(library, place)
      chmodSync(place, 0o755)
    }
    await linkApplets(root, busybox, platform)
    setTimes(root, newest)
    return newest
  },
  env: [["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]],
  cmd: ["sh"],
}

async function linkApplets(root: string, busybox: string, platform: Platform): Promise<void> {
  const { stdout } = await platform.processes.run(busybox, ["--list-full"])
  for (const line of stdout.split("\n")) {
    const name = basename(line.trim())
    if (name === "" || name === "busybox") continue
    const place = join(root, /sbin\//.test(line) ? "usr/sbin" : "usr/bin", name)
    if (existsSync(place)) continue
    symlinkSync(relative(dirname(place), join(root, "usr/bin/busybox")), place)
  }
}

/** Sets the times of everything that was made just now, so that the layer is always the same. */
export function setTimes(dir: string, seconds: number): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) setTimes(path, seconds)
    lutimesSync(path, seconds, seconds)
  }
}

function findBusybox(): string {
  const found = PLACES.find((path) => existsSync(path))
  if (found !== undefined) return realpathSync(found)
  throw new ImageError("NotFound", "found no busybox on this machine: apt-get install busybox-static")
}
