import assert from "node:assert/strict"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import type { AccountFor } from "../images.ts"
import { createCredentialProviders } from "./credential-providers.ts"
import { type CredentialProvider, readProviderConfig } from "./provider-config.ts"
import type { ProviderRequest, ProviderResponse } from "./provider-messages.ts"
import { runProvider } from "./run-provider.ts"

const V1 = "credentialprovider.kubelet.k8s.io/v1"
const dir = mkdtempSync(join(tmpdir(), "gantry-providers-"))
after(() => rmSync(dir, { recursive: true, force: true }))

const base: CredentialProvider = {
  name: "cloud",
  apiVersion: V1,
  matchImages: ["*.example.com/team"],
  defaultCacheDuration: "1m0s",
}
const user = { namespace: "default", podName: "web", podUid: "u1", serviceAccount: "robot" }
const auth = { "*.example.com": { username: "u", password: "p" } }

function start(
  providers: readonly CredentialProvider[],
  answer: (provider: CredentialProvider, request: ProviderRequest) => Partial<ProviderResponse>,
  account: AccountFor = async () => ({ uid: "sa1", annotations: new Map(), token: async () => "token" }),
) {
  const platform = createSimPlatform({ seed: 1 })
  const asked: ProviderRequest[] = []
  const ask = createCredentialProviders({
    providers,
    platform,
    account,
    async run(provider, request) {
      asked.push(request)
      return { cacheKeyType: "Image", ...answer(provider, request) }
    },
  })
  return { ask, asked, platform }
}

for (const { again, asks, cacheDuration, cacheKeyType, name } of [
  { name: "for an image", cacheKeyType: "Image", again: "r.example.com/team/a:2", asks: 1 },
  { name: "for an image, not another", cacheKeyType: "Image", again: "r.example.com/team/b", asks: 2 },
  { name: "for a registry", cacheKeyType: "Registry", again: "r.example.com/team/b", asks: 1 },
  { name: "for a registry, not another", cacheKeyType: "Registry", again: "s.example.com/team/a", asks: 2 },
  { name: "for all images", cacheKeyType: "Global", again: "s.example.com/team/a", asks: 1 },
  { name: "not at all", cacheKeyType: "Global", cacheDuration: "0s", again: "r.example.com/team/a", asks: 2 },
]) {
  test(`answers of plugins are kept ${name}`, async () => {
    const held = cacheDuration === undefined ? {} : { cacheDuration }
    const { ask, asked, platform } = start([base], () => ({ auth, cacheKeyType, ...held }))
    const expected = [{ credentials: { username: "u", password: "p" } }]
    assert.deepEqual(await ask("r.example.com/team/a:1", user), expected)
    assert.deepEqual(await ask(again, user), expected)
    assert.equal(asked.length, asks)
    assert.deepEqual(asked[0], { image: "r.example.com/team/a" })
    await platform.advance(61_000)
    await ask(again, user)
    assert.equal(asked.length, asks + 1)
  })
}

test("a plugin is asked for the images that it is for, and once for all who ask meanwhile", async () => {
  const { ask, asked } = start([base], () => ({ auth, cacheDuration: "0s" }))
  for (const image of ["team/a", "example.com/team/a", "a.b.example.com/team/a", "r.example.com:5000/team/a"]) {
    assert.deepEqual(await ask(image, user), [])
  }
  await Promise.all([1, 2, 3].map(() => ask("r.example.com/team/a", user)))
  assert.equal(asked.length, 1)
})

test("the more specific credentials come first, then those of the earlier plugin; failures and nonsense count for nothing", async () => {
  const other = (name: string) => ({ ...base, name })
  const { ask } = start([base, other("broken"), other("silly"), other("last")], ({ name }) => {
    if (name === "broken") throw new Error("no")
    if (name === "silly") return { auth, cacheKeyType: "None" }
    const username = name
    const long: ProviderResponse["auth"] =
      name === "last" ? { "r.example.com/team": { username: "long", password: "p" } } : {}
    return { auth: { "r.example.com": { username, password: "p" }, ...long } }
  })
  const found = await ask("r.example.com/team/a", user)
  assert.deepEqual(
    found.map(({ credentials }) => credentials.username),
    ["long", "cloud", "last"],
  )
})

test("tokens of service accounts are for the pods of the account, and whoever has none is left out when they are needed", async () => {
  const tokenAttributes = {
    serviceAccountTokenAudience: "cloud",
    cacheType: "ServiceAccount",
    requireServiceAccount: true,
    requiredServiceAccountAnnotationKeys: ["cloud/role"],
    optionalServiceAccountAnnotationKeys: ["cloud/tenant"],
  }
  const annotations = new Map([["cloud/role", "puller"]])
  let tokens = 0
  const account: AccountFor = async ({ serviceAccount }, audience) => ({
    uid: `uid-${serviceAccount}`,
    annotations: serviceAccount === "plain" ? new Map() : annotations,
    token: async () => `${audience}-${++tokens}`,
  })
  let password = "p"
  const { ask, asked } = start(
    [{ ...base, tokenAttributes }],
    () => ({ auth: { "r.example.com": { username: "u", password } } }),
    account,
  )
  const image = "r.example.com/team/a"
  const serviceAccount = { namespace: "default", name: "robot", uid: "uid-robot" }
  const credentials = { username: "u", password: "p" }
  assert.deepEqual(await ask(image, user), [{ credentials, serviceAccount }])
  assert.deepEqual(await ask(image, { ...user, podUid: "u2" }), [{ credentials, serviceAccount }])
  assert.deepEqual(asked, [
    { image, serviceAccountToken: "cloud-1", serviceAccountAnnotations: { "cloud/role": "puller" } },
  ])
  assert.deepEqual(await ask(image, { ...user, serviceAccount: "plain" }), [])
  assert.deepEqual(await ask(image, { ...user, serviceAccount: "" }), [])
  password = `cloud-${tokens + 1}`
  assert.deepEqual(await ask(image, { ...user, serviceAccount: "echo" }), [])
})

const program = (name: string, script: string) => {
  writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(dir, name), 0o755)
}

test("a plugin is a program that reads the request and writes the answer", async () => {
  program(
    "cloud",
    `read request; echo '{"kind":"CredentialProviderResponse","apiVersion":"${V1}","cacheKeyType":"Image","auth":{"r":{"username":"'"$1 $WHO"'","password":"'"$(echo "$request" | tr -d '"{}')"'"}}}'`,
  )
  program("odd", `echo '{"kind":"CredentialProviderResponse","apiVersion":"other/v1","cacheKeyType":"Image"}'`)
  program(
    "secret",
    `echo '{"kind":"CredentialProviderResponse","apiVersion":"${V1}","cacheKeyType":"Image","hidden":1}'`,
  )
  program("failing", "echo broken >&2; exit 3")
  const { clock, processes } = createNodePlatform({ logTo: new PassThrough().resume() })
  const machine = { binDir: dir, env: { PATH: process.env["PATH"], WHO: "nobody" }, clock, processes }
  const run = (name: string) => {
    const provider = { ...base, name, args: ["get"], env: [{ name: "WHO", value: "me" }] }
    return runProvider(provider, { image: "r.example.com/a" }, machine)
  }
  assert.deepEqual((await run("cloud")).auth?.["r"], {
    username: "get me",
    password: `kind:CredentialProviderRequest,apiVersion:${V1},image:r.example.com/a`,
  })
  await assert.rejects(run("odd"), {
    message: `apiVersion from credential plugin response did not match expected apiVersion:${V1}, actual apiVersion:other/v1`,
  })
  await assert.rejects(run("secret"), { message: "error decoding credential provider plugin response from stdout" })
  await assert.rejects(run("failing"), {
    message: "error execing credential provider plugin failing for image r.example.com/a: exit status 3: broken\n",
  })
})

const head = { apiVersion: "kubelet.config.k8s.io/v1", kind: "CredentialProviderConfig" }
const read = (providers: unknown) => {
  const file = join(dir, "config.yaml")
  writeFileSync(file, JSON.stringify({ ...head, providers }))
  return readProviderConfig(file)
}
const tokenAttributes = { serviceAccountTokenAudience: "a", cacheType: "Token", requireServiceAccount: false }

test("a configuration is one file, or a folder of them", () => {
  assert.deepEqual(read([base]).providers, [base])
  const { hash } = read([base])
  assert.match(hash, /^sha256:[0-9a-f]{64}$/)
  const both = mkdtempSync(join(dir, "both-"))
  assert.throws(() => readProviderConfig(both), { message: `no configuration files found in directory "${both}"` })
  for (const [at, name] of ["b", "a"].entries()) {
    writeFileSync(join(both, `${at}.json`), JSON.stringify({ ...head, providers: [{ ...base, name }] }))
  }
  writeFileSync(join(both, "README"), "no configuration")
  assert.deepEqual(
    readProviderConfig(both).providers.map(({ name }) => name),
    ["b", "a"],
  )
})

for (const { changes, problem } of [
  { changes: { name: "a/b" }, problem: `providers.name: Invalid value: "a/b": provider name cannot contain '/'` },
  { changes: { apiVersion: "" }, problem: "providers.apiVersion: Required value" },
  {
    changes: { apiVersion: "v9" },
    problem: `providers.apiVersion: Unsupported value: "v9": supported values: "${V1}", "${V1}alpha1", "${V1}beta1"`,
  },
  {
    changes: { matchImages: [] },
    problem: "providers.matchImages: Required value: at least 1 item in matchImages is required",
  },
  { changes: { defaultCacheDuration: undefined }, problem: "providers.defaultCacheDuration: Required value" },
  {
    changes: { tokenAttributes: { ...tokenAttributes, cacheType: "" } },
    problem:
      "providers.tokenAttributes.cacheType: Required value: cacheType is required to be set when tokenAttributes is specified. Supported values are: ServiceAccount, Token",
  },
  {
    changes: { tokenAttributes: { ...tokenAttributes, requiredServiceAccountAnnotationKeys: ["a"] } },
    problem:
      "providers.tokenAttributes.requiredServiceAccountAnnotationKeys: Forbidden: requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set",
  },
  {
    changes: { apiVersion: `${V1}beta1`, tokenAttributes },
    problem: `providers.tokenAttributes: Forbidden: tokenAttributes is only supported for ${V1} API version`,
  },
]) {
  test(`a configuration is refused: ${problem.slice(0, 60)}`, () => {
    const message = `failed to validate credential provider config: ${problem}`
    assert.throws(() => read([{ ...base, ...changes }]), { message })
  })
}

test("a configuration is refused that has unknown fields or repeats a plugin", () => {
  assert.throws(() => read([{ ...base, cmd: "x" }]), /error decoding config .*unknown field "providers\[0\]\.cmd"/)
  assert.throws(() => read([base, base]), { message: 'duplicate provider name "cloud" found in configuration file(s)' })
})
