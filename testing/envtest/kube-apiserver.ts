import { readFileSync } from "node:fs"
import { join } from "node:path"
import { builtinResources, subresourceKinds } from "../../src/api/all.ts"
import { startKubeApiServer } from "../../src/apiserver/kube-apiserver.ts"
import { untilStopped } from "../../src/cmd/until-stopped.ts"
import { gantryVersion, KUBERNETES_VERSION } from "../../src/cmd/version.ts"
import { createNodePlatform } from "../../src/platform/node/platform.ts"
import { createMemoryStore } from "../../src/store/memory/memory-store.ts"
import { secretPki } from "../pki.ts"
import { readFlags } from "./flags.ts"

/**
 * In the place of kube-apiserver for Kubernetes' envtest: the API server alone, on a store in memory, with the
 * certificates that envtest has made. As envtest has it, no controllers run.
 */
const KNOWN = [
  "advertise-address",
  "bind-address",
  "cert-dir",
  "client-ca-file",
  "disable-admission-plugins",
  "enable-admission-plugins",
  "secure-port",
  "service-cluster-ip-range",
  "tls-cert-file",
  "tls-private-key-file",
]
/** envtest gives these too; it goes by the help, and would take a server without them for an older one. */
const WITHOUT_EFFECT = [
  "allow-privileged",
  "authorization-mode",
  "etcd-servers",
  "service-account-issuer",
  "service-account-key-file",
  "service-account-signing-key-file",
]

async function run(flags: ReadonlyMap<string, string>): Promise<void> {
  for (const name of flags.keys()) if (!KNOWN.includes(name)) process.stderr.write(`--${name} has no effect here\n`)
  const platform = createNodePlatform({ logLevel: "warn" })
  const stopped = untilStopped()
  const pki = secretPki()
  const dir = flags.get("cert-dir") ?? "."
  const read = (flag: string, name: string) => readFileSync(flags.get(flag) ?? join(dir, name), "utf8")
  const store = createMemoryStore({ platform })
  const clientCa = flags.get("client-ca-file")
  const server = await startKubeApiServer({
    store,
    platform,
    pki: {
      ...pki,
      ca: { cert: clientCa === undefined ? pki.ca.cert : readFileSync(clientCa, "utf8") },
      serving: { cert: read("tls-cert-file", "apiserver.crt"), key: read("tls-private-key-file", "apiserver.key") },
    },
    resources: builtinResources,
    subresourceKinds,
    listen: { host: flags.get("bind-address") ?? "127.0.0.1", port: Number(flags.get("secure-port") ?? 6443) },
    advertiseAddress: advertised(flags.get("advertise-address") ?? "127.0.0.1"),
    serviceCidr: flags.get("service-cluster-ip-range") ?? "10.0.0.0/24",
    version: { kubernetes: KUBERNETES_VERSION, program: gantryVersion() },
    admission: {
      enable: namesIn(flags.get("enable-admission-plugins")),
      disable: namesIn(flags.get("disable-admission-plugins")),
    },
    // Webhooks of tests may stand behind services.
    aggregateToEndpoints: true,
  })
  await stopped
  await server.close(0)
  await store.close()
}

/** Endpoints may not be on loopback; nobody follows this one here. */
const advertised = (address: string) => (address.startsWith("127.") ? "10.0.0.1" : address)

const namesIn = (text = "") => text.split(",").filter((name) => name !== "")

const args = process.argv.slice(2)
if (args.includes("--help")) {
  const names = [...KNOWN, ...WITHOUT_EFFECT].sort()
  process.stdout.write(`Usage:\n${names.map((name) => `  --${name}\n`).join("")}`)
} else await run(readFlags(args))
