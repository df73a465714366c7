import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createImageStore } from "../src/images/image-store.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { writeBusyboxArchive } from "./busybox-image.ts"
import { freePort } from "./cluster.ts"
import { until } from "./command.ts"

/** Who may use a registry that asks for a password. */
export const USER = { name: "ali", password: "open sesame" }
/** The password as htpasswd files hold it. The cost is the lowest, because every request pays for it. */
const PASSWORD_BCRYPT = "$2b$04$JbHacl8/ff2RsZTiHxQsl.TiUvASNlGhT519vpeDONa78ukyzw1GK"

export interface RegistryServer {
  /** First part of image names: `127.0.0.1:40123`. */
  readonly host: string
  close(): Promise<void>
}

export interface RegistryOptions {
  /** Only for `USER`. */
  readonly locked: boolean
  /** Default: loopback with a free port. */
  readonly host?: string
}

/** Debian's docker-registry, over plain HTTP. */
export async function startRegistry(options: RegistryOptions): Promise<RegistryServer> {
  const { locked, host = `127.0.0.1:${await freePort()}` } = options
  const folder = mkdtempSync(join(tmpdir(), "gantry-registry-"))
  const passwords = join(folder, "htpasswd")
  writeFileSync(passwords, `${USER.name}:${PASSWORD_BCRYPT}\n`)
  const settings = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "images") } },
    http: { addr: host },
    ...(locked && { auth: { htpasswd: { realm: "tests", path: passwords } } }),
  }
  const file = join(folder, "settings.yaml")
  writeFileSync(file, JSON.stringify(settings))
  const server = spawn("docker-registry", ["serve", file], {
    stdio: "ignore",
    env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
  })
  const close = async () => {
    await stop(server)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until("the registry answers", () => answers(`http://${host}/v2/`))
  } catch (error) {
    await close()
    throw error
  }
  return { host, close }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, "exit")
  server.kill("SIGKILL")
  await exited
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    request(url, (response) => {
      response.resume().on("end", () => resolve(response.statusCode === 200 || response.statusCode === 401))
    })
      .on("error", reject)
      .end()
  })
}

/**
 * Makes an image that says `about` in /etc/about, in a store of its own, and pushes it as `USER` to the registry in its
 * name. Returns its digest.
 */
export async function pushImage(name: string, about: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "gantry-push-"))
  try {
    const platform = createNodePlatform({ logLevel: "error" })
    const store = createImageStore({ dir: join(folder, "images"), platform, proxyEnv: {} })
    const archive = join(folder, "image.tar")
    await writeBusyboxArchive(archive, { name, about })
    await store.load(createReadStream(archive))
    return (await store.push(name, { auth: [{ username: USER.name, password: USER.password }] })).digest
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
