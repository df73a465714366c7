import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { type BuildFixture, listing, withBuilds } from "../../images/builder/testing/build-fixture.ts"
import { isImageError } from "../../images/images.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { OciRunStep } from "./oci-run-step.ts"

/** RUN with a real runtime, on the image that is made of this machine's busybox. */

const root = process.getuid?.() === 0 && existsSync("/usr/bin/busybox")
const options = { skip: root ? false : "needs root and busybox-static" }
let stateDir = ""

before(() => {
  stateDir = mkdtempSync(join(tmpdir(), `gantry-run-${process.pid}-`))
})
after(() => rmSync(stateDir, { recursive: true, force: true }))

const withRuns = (work: (fixture: BuildFixture) => Promise<void>) => withBuilds(work, newRunner())
const cgroup = `/gantry-test-${process.pid}`
const newRunner = () => new OciRunStep({ platform: createNodePlatform(), stateDir, cgroup })
const FROM = "FROM gantry/busybox\n"

const outputs: readonly { name: string; lines: readonly string[]; output: string }[] = [
  { name: "the shell form", lines: ["RUN echo a && echo b >&2; echo $((1+1))"], output: "a\nb\n2\n" },
  { name: "the list form, without a shell", lines: ['RUN ["echo", "$HOME && x"]'], output: "$HOME && x\n" },
  { name: "a here-document", lines: ["RUN <<EOT", "for i in 1 2; do", "  echo $i", "done", "EOT"], output: "1\n2\n" },
  { name: "a here-document for a program", lines: ["RUN cat <<'A' - <<B", "$x", "A", "y", "B"], output: "y\n" },
  { name: "a script", lines: ["RUN <<EOT", "#!/bin/cat", "me", "EOT"], output: "#!/bin/cat\nme\n" },
  { name: "SHELL", lines: ['SHELL ["/bin/sh", "-xc"]', "RUN true"], output: "+ true\n" },
  { name: "continued lines", lines: ["RUN echo a \\", "  # a comment", "  b"], output: "a b\n" },
  {
    name: "variables: ENV wins over ARG, neither is needed for PATH",
    lines: ["ARG A=1", "ARG B=2", "ENV A=env", 'RUN echo "$A $B $GIVEN $PATH"'],
    output: "env 2  /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
  },
  {
    name: "USER and WORKDIR",
    lines: ["USER node", "WORKDIR /home/node", "RUN id -un && pwd && touch x"],
    output: "node\n/home/node\n",
  },
  { name: "process, host and mount namespaces of its own", lines: ["RUN echo $$ && hostname"], output: "1\nbuild\n" },
  {
    name: "no network, when it is not wanted",
    lines: ["RUN --network=none ls /sys/class/net"],
    output: "lo\n",
  },
  {
    name: "no rights to change the machine",
    lines: ["RUN mount -t tmpfs t /mnt 2>&1 | grep -o denied; echo 1 2>/dev/null >/proc/sys/vm/swappiness || echo no"],
    output: "denied\nno\n",
  },
]

for (const { name, lines, output } of outputs) {
  test(`RUN: ${name}`, options, () =>
    withRuns(async ({ build }) => {
      assert.equal((await build(FROM + lines.join("\n"))).output, output)
    }),
  )
}

test("a layer holds what the program did and nothing else", options, () =>
  withRuns(async ({ build, store }) => {
    const { diffIds } = await build(
      `${FROM}RUN mkdir /made && echo x > /made/file && rm /etc/nsswitch.conf && touch /tmp/gone && rm /tmp/gone\nRUN true`,
    )
    const [, changed, nothing] = diffIds.map((diffId) => store.layers.find(diffId, diffId))
    assert.ok(changed && nothing)
    assert.deepEqual(
      listing(changed).map((line) => line.split(" ")[0]),
      ["etc", "etc/nsswitch.conf", "made", "made/file"],
    )
    assert.deepEqual(listing(nothing), [])
  }),
)

test("a failing command ends the build with its place, text and exit code", options, () =>
  withRuns(async ({ build }) => {
    await assert.rejects(build(`${FROM}\nRUN echo before && \\\n  exit 3\nRUN echo after`), (error) => {
      assert.ok(isImageError(error, "BuildFailed"))
      assert.match(error.message, /Dockerfile:3: RUN echo before && exit 3: the command failed with exit code 3$/)
      return true
    })
    await assert.rejects(build(`${FROM}USER nobody-here\nRUN true`), /unable to find user nobody-here/)
  }),
)

test("RUN is repeated when its variables, mounts or base change, and not otherwise", options, () =>
  withRuns(async ({ put, build }) => {
    put("f", "1")
    const text = `${FROM}ARG V\nRUN --mount=target=/ctx cat /ctx/f\nRUN echo second`
    const v1 = { buildArgs: new Map([["V", "1"]]) }
    const first = await build(text, v1)
    assert.equal(first.output, "1second\n")
    assert.equal((await build(text, v1)).output, "")
    assert.equal((await build(text, { buildArgs: new Map([["V", "2"]]) })).output, "1second\n")
    put("f", "2")
    assert.equal((await build(text, v1)).output, "2")
    assert.equal((await build(text, { ...v1, noCache: true })).output, "2second\n")
    const proxied = await build(text, {
      buildArgs: new Map([
        ["V", "1"],
        ["http_proxy", "http://proxy"],
      ]),
    })
    assert.equal(proxied.output, "", "a proxy is no reason")
  }),
)

test("mounts: the context, a stage, a cache, memory, a secret", options, () =>
  withRuns(async ({ dir, put, build }) => {
    put("in/f", "context")
    put("ignored", "x")
    put(".dockerignore", "ignored")
    const secret = join(dir, "token")
    writeFileSync(secret, "s3cret")
    const run = (mount: string, command: string) => `RUN --mount=${mount} ${command}\n`
    const text =
      `${FROM.trim()} AS s\nRUN echo stage > /from\n${FROM}USER node\nWORKDIR /tmp\n` +
      run("type=bind,source=in/f,target=f", "cat f && echo && ! touch f 2>/dev/null") +
      run("type=bind,target=/ctx,rw", "ls /ctx") +
      run("type=bind,from=s,source=/from,target=/m/n", "cat /m/n") +
      run("type=cache,target=/c,uid=1000", "echo 1 >> /c/x && wc -l < /c/x") +
      run("type=cache,target=/c,uid=1000,sharing=locked", "echo 2 >> /c/x && wc -l < /c/x") +
      run("type=tmpfs,target=/t,size=1m", "grep -c ' /t tmpfs' /proc/mounts") +
      run("type=secret,id=token,uid=1000", "cat /run/secrets/token && echo") +
      run("type=secret,id=token,env=TOKEN", "echo $TOKEN") +
      run("type=secret,id=none", "ls /run")
    const built = await build(text, { secrets: new Map([["token", secret]]) })
    assert.equal(built.output, "context\nin\nstage\n1\n2\n1\ns3cret\ns3cret\n")
    const left = await built.files((files) =>
      ["c", "ctx", "m", "t", "tmp/f", "run/secrets"].filter((path) => existsSync(join(files, path))),
    )
    assert.deepEqual(left, [], "mount points are gone")
    assert.ok(!JSON.stringify(built.config).includes("s3cret"))
  }),
)

test("independent stages are built at the same time", options, () =>
  withRuns(async ({ build }) => {
    // Each waits for the other, over a cache that both see.
    const meet = (own: string, other: string) =>
      `RUN --mount=type=cache,target=/c touch /c/${own} && while ! test -e /c/${other}; do sleep 0.05; done && echo met\n`
    const text = `${FROM.trim()} AS a\n${meet("a", "b")}${FROM.trim()} AS b\n${meet("b", "a")}${FROM}COPY --from=a /etc/passwd /a\nCOPY --from=b /etc/passwd /b`
    assert.equal((await build(text)).output, "met\nmet\n")
  }),
)

test("an abort ends the program and leaves nothing", options, () =>
  withRuns(async ({ build, store }) => {
    const abort = new AbortController()
    const running = build(`${FROM}RUN echo started; sleep 1000`, {
      signal: abort.signal,
      onProgress: (event) => {
        if (event.kind === "output") abort.abort(new Error("enough"))
      },
    })
    await assert.rejects(running, /enough/)
    assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(store.dir))
    assert.deepEqual(readdirSync(join(stateDir, "bundles")), [])
    assert.deepEqual(
      readdirSync(join(store.dir, "layers")).filter((name) => name.startsWith(".tmp-")),
      [],
    )
  }),
)

test("what a killed build left running is ended by the next", options, () =>
  withRuns(async ({ dir, store, build }) => {
    await build(FROM)
    const dockerfile = join(dir, "Dockerfile")
    writeFileSync(dockerfile, `${FROM}RUN echo started; sleep 1000`)
    const settings = { context: dir, dockerfile, storeDir: store.dir, stateDir, cgroup }
    const script = join(import.meta.dirname, "testing/build-child.ts")
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    const exited = once(child, "exit")
    await once(child.stdout, "data")
    child.kill("SIGKILL")
    await exited
    const inGroup = () => globSync(`/sys/fs/cgroup/{,*/}${cgroup}/build-*`)
    assert.notDeepEqual(inGroup(), [], "the container goes on")
    await newRunner().removeLeftovers()
    assert.deepEqual(inGroup(), [])
    assert.deepEqual(readdirSync(join(stateDir, "bundles")), [])
    assert.equal((await store.collectGarbage()).skipped, false)
    assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(store.dir))
  }),
)

test("the image of this machine's node runs", options, () =>
  withRuns(async ({ build }) => {
    const { output, config } = await build(
      "FROM gantry/node\nUSER node\nRUN node -p 'process.version + require(\"os\").userInfo().username'",
    )
    assert.equal(output, `${process.version}node\n`)
    assert.deepEqual(config.config?.Cmd, ["node"])
    const again = await build("FROM gantry/node")
    assert.deepEqual(
      again.events.filter(({ kind }) => kind === "note"),
      [],
    )
  }),
)
