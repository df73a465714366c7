import assert from "node:assert/strict"
import { test } from "node:test"
import type { ContainerConfig } from "../content/oci.ts"
import { isImageError } from "../images.ts"
import { withBuilds } from "./testing/build-fixture.ts"

const asRoot = { skip: process.getuid?.() === 0 ? false : "mounting layers needs root" }

const configs: readonly { name: string; lines: readonly string[]; config: ContainerConfig }[] = [
  { name: "nothing", lines: [], config: {} },
  {
    name: "ENV in both forms; values of one instruction do not see each other",
    lines: ["ENV a=1 b='x y'", "ENV a=2 c=$a", "ENV old form of $b"],
    config: { Env: ["a=2", "b=x y", "c=1", "old=form of x y"] },
  },
  {
    name: "CMD and ENTRYPOINT",
    lines: ['ENTRYPOINT ["/e", "1"]', "CMD run this && that"],
    config: { Entrypoint: ["/e", "1"], Cmd: ["/bin/sh", "-c", "run this && that"] },
  },
  {
    name: "SHELL",
    lines: ['SHELL ["/bin/ash", "-ec"]', "CMD x"],
    config: { Shell: ["/bin/ash", "-ec"], Cmd: ["/bin/ash", "-ec", "x"] },
  },
  {
    name: "an entrypoint drops the command of the base",
    lines: ["CMD old", "FROM first AS child", 'ENTRYPOINT ["/e"]'],
    config: { Entrypoint: ["/e"] },
  },
  {
    name: "EXPOSE, VOLUME, STOPSIGNAL, USER, LABEL",
    lines: [
      "EXPOSE 80 53/UDP 90-91",
      'VOLUME ["/a", "/b c"]',
      "STOPSIGNAL SIGINT",
      "USER 5:6",
      "LABEL x=1 'y z'=\"2\"",
    ],
    config: {
      ExposedPorts: { "80/tcp": {}, "53/udp": {}, "90/tcp": {}, "91/tcp": {} },
      Volumes: { "/a": {}, "/b c": {} },
      StopSignal: "SIGINT",
      User: "5:6",
      Labels: { x: "1", "y z": "2" },
    },
  },
  {
    name: "labels named like parts of JavaScript",
    lines: ["LABEL __proto__=1 constructor=2"],
    config: { Labels: JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string> },
  },
  {
    name: "WORKDIR, relative to the last",
    lines: ["WORKDIR /a", "ENV x=b", "WORKDIR $x/../c"],
    config: { WorkingDir: "/a/c", Env: ["x=b"] },
  },
  {
    name: "HEALTHCHECK",
    lines: ["HEALTHCHECK --interval=1m30s --timeout=500ms --retries=2 CMD curl -f localhost"],
    config: { Healthcheck: { Test: ["CMD-SHELL", "curl -f localhost"], Interval: 9e10, Timeout: 5e8, Retries: 2 } },
  },
  { name: "HEALTHCHECK NONE", lines: ["HEALTHCHECK NONE"], config: { Healthcheck: { Test: ["NONE"] } } },
  {
    name: "ONBUILD, which happens in the child and is then gone",
    lines: ["ONBUILD ENV a=1", "FROM first AS child", "ENV b=$a"],
    config: { Env: ["a=1", "b=1"] },
  },
  {
    name: "ARG: defaults, overriding, precedence of ENV, scope",
    lines: ["ARG A=1 B=$A", "ARG GIVEN=no", "ENV A=env", "ENV R=$A$B$GIVEN-$NEVER"],
    config: { Env: ["A=env", "R=env1yes-"] },
  },
  { name: "ARG from before the first FROM", lines: ["ARG GLOBAL", "ENV R=$GLOBAL"], config: { Env: ["R=global"] } },
  { name: "no ARG, no value", lines: ["ENV R=[$GLOBAL$GIVEN$TARGETOS]"], config: { Env: ["R=[]"] } },
  { name: "automatic arguments", lines: ["ARG TARGETOS", "ENV R=$TARGETOS"], config: { Env: ["R=linux"] } },
  {
    name: "a stage inherits what its base has",
    lines: ["ENV a=1", "ARG B=2", "FROM first", "ENV c=$a$B"],
    config: { Env: ["a=1", "c=12"] },
  },
]

for (const { name, lines, config } of configs) {
  test(`configuration: ${name}`, asRoot, () =>
    withBuilds(async ({ build }) => {
      const text = ["ARG GLOBAL=global", "FROM scratch AS first", ...lines].join("\n")
      const built = await build(text, { buildArgs: new Map([["GIVEN", "yes"]]) })
      assert.deepEqual(built.config.config, config)
    }),
  )
}

const failures: readonly { lines: readonly string[]; message: RegExp }[] = [
  { lines: ["EXPOSE 99999"], message: /Dockerfile:2: EXPOSE 99999: found port "99999"/ },
  { lines: ["SHELL sh"], message: /write it as a JSON list/ },
  { lines: ["HEALTHCHECK --interval=soon CMD x"], message: /--interval: found "soon"/ },
  { lines: ["USER a b"], message: /exactly one argument/ },
  { lines: ['ENV a="${x?must be set}"'], message: /x: must be set/ },
  { lines: ["ARG 1x"], message: /invalid name for a variable: "1x"/ },
  { lines: ["FROM $NOTHING"], message: /Dockerfile:2: FROM \$NOTHING: the base name "\$NOTHING" is empty/ },
  {
    lines: ["FROM gantry/cobol"],
    message: /there is no image gantry\/cobol: made from this machine are gantry\/busybox/,
  },
  { lines: ["FROM UPPER"], message: /repository name \(library\/UPPER\) must be lowercase/ },
  { lines: ["RUN --mount=type=ssh true"], message: /type=ssh is not supported/ },
  { lines: ["RUN --mount=type=cache,size=3,target=/x true"], message: /type=cache has no option "size"/ },
  { lines: ["RUN --mount=type=secret,id=x,required true"], message: /secret x is required/ },
  { lines: ["RUN --network=vpn true"], message: /--network: found "vpn"/ },
  { lines: ["RUN --security=insecure true"], message: /--security=insecure is not supported/ },
]

for (const { lines, message } of failures) {
  test(`refuses ${lines.join("; ")}`, asRoot, () =>
    withBuilds(async ({ build }) => {
      await assert.rejects(build(["FROM scratch", ...lines].join("\n")), (error) => {
        assert.ok(isImageError(error, "BuildFailed"))
        assert.match(error.message, message)
        return true
      })
    }),
  )
}
