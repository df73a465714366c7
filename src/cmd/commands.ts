/** Every command of `gantry`, with its help. Commands are loaded when they are run, so that none slows another. */

export type Run = (args: readonly string[]) => Promise<number>

export interface Command {
  readonly name: string
  /** What follows the name. */
  readonly usage: string
  /** One line, for the overview. */
  readonly summary: string
  readonly details?: string
  readonly needs?: "root"
  /** Started by gantry itself. */
  readonly internal?: true
  readonly load: () => Promise<Run>
}

const nameOption = "  --name NAME        which cluster (default: gantry)"

const serverOptions = `  --authentication-config FILE
                     an AuthenticationConfiguration: whose tokens are accepted besides the cluster's own
  --authentication-token-webhook-config-file FILE, --authentication-token-webhook-version VERSION,
  --authentication-token-webhook-cache-ttl TIME
                     a kubeconfig: who is asked about tokens; v1 or v1beta1; how long answers are remembered
  --authorization-config FILE
                     an AuthorizationConfiguration: who decides what users may do, in which order
  --authorization-mode MODES
                     the same without a file: Node,RBAC,Webhook,AlwaysAllow,AlwaysDeny
  --authorization-webhook-config-file FILE, --authorization-webhook-version VERSION,
  --authorization-webhook-cache-authorized-ttl TIME, --authorization-webhook-cache-unauthorized-ttl TIME
                     a kubeconfig: who is asked in mode Webhook; v1 or v1beta1; how long answers are remembered
  --enable-admission-plugins NAMES, --disable-admission-plugins NAMES, --admission-control-config-file FILE
                     which admission plugins run besides, or instead of, the usual ones; an AdmissionConfiguration
  --audit-policy-file FILE
                     an audit.k8s.io/v1 Policy: which requests are recorded
  --audit-log-path FILE
                     where to, one JSON event in a line; - is the server's log
  --audit-log-maxsize N, --audit-log-maxbackup N, --audit-log-maxage N
                     megabytes before the file starts anew; how many old ones are kept; for how many days
  --audit-webhook-config-file FILE
                     a kubeconfig: where else to, in batches
  --audit-webhook-batch-max-size N, --audit-webhook-batch-max-wait TIME, --audit-webhook-initial-backoff TIME
                     events in a batch; how long they wait for others; how long before a second try
  --scheduler-config FILE
                     a KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1: profiles, plugins, extenders`

export const commands: readonly Command[] = [
  {
    name: "up",
    needs: "root",
    usage:
      "[--name NAME] [--nodes N] [--data-dir DIR] [--kubeconfig FILE] [--api-port N] [--ip-families FAMILIES]\n  [--pod-cidr RANGES] [--service-cidr RANGES] [--load-balancer-pool RANGES] [--kubelet-config FILE] [SERVER OPTIONS]",
    summary: "Start a cluster on this machine, or bring a stopped or damaged one back.",
    details: `${nameOption}
  --nodes N          how many nodes; those after the first live in network namespaces (default: 1)
  --data-dir DIR     where the cluster keeps everything (default: /var/lib/gantry/clusters/NAME)
  --kubeconfig FILE  where to put the credentials (default: $KUBECONFIG, or ~/.kube/config)
  --api-port N       port of the API server (default: 6443, or the next free one)
  --ip-families IPv4|IPv6|IPv4,IPv6|IPv6,IPv4
                     what pods, services and nodes have addresses of; the first leads (default: IPv4)
  --pod-cidr RANGE[,RANGE], --service-cidr RANGE[,RANGE]
                     addresses for pods and services, one range of each family, as 10.244.0.0/16,fd00:10:244::/48;
                     a node takes a /24 or a /64 (default: ranges that no other cluster of this machine has)
  --load-balancer-pool RANGE[,RANGE]
                     addresses for services of type LoadBalancer, as 192.0.2.0/28 or 192.0.2.10-192.0.2.20
                     (default: a range of the cluster's own that only this machine reaches, from 10.90.0.0/24 on);
                     for addresses of a network that it is connected to, this machine answers there
  --kubelet-config FILE
                     a KubeletConfiguration of kubelet.config.k8s.io/v1beta1: what its nodes do otherwise
  --image-credential-provider-config FILE|DIR, --image-credential-provider-bin-dir DIR
                     programs that know credentials of registries, as the clouds have them: a CredentialProviderConfig of
                     kubelet.config.k8s.io/v1, and the folder of the programs
  --container-runtime-endpoint SOCKET, --image-service-endpoint SOCKET
                     who runs the pods of a cluster with one node instead of Gantry, by CRI: containerd or CRI-O, such as
                     unix:///run/containerd/containerd.sock; it has images of its own, and calls Gantry for the network
  --cni-conf-dir DIR, --cni-bin-dir DIR[:DIR]
                     CNI plugins wire the pods instead of Gantry, by the first configuration in the folder, or in that
                     with the node's name inside it (programs: /opt/cni/bin and /usr/lib/cni); network policies are
                     theirs too then. With several nodes a plugin must take the node's range (capability ipRanges)

What the server is told, with the names and defaults of kube-apiserver:
${serverOptions}

What runs already is left alone. The options of the first time are remembered; an empty value
takes one of the server, or the kubelet's configuration, back.`,
    load: async () => (await import("./up.ts")).up,
  },
  {
    name: "down",
    needs: "root",
    usage: "[--name NAME] [--purge]",
    summary: "Stop a cluster: its containers, network and processes. Its data stays.",
    details: `${nameOption}
  --purge            also delete its data, images and credentials`,
    load: async () => (await import("./down.ts")).down,
  },
  {
    name: "status",
    needs: "root",
    usage: "[--name NAME]",
    summary: "Show what runs: server, nodes, pods, and what is wrong.",
    details: `${nameOption}

Exits with 1 when the cluster is not healthy.`,
    load: async () => (await import("./status.ts")).status,
  },
  {
    name: "certs",
    needs: "root",
    usage: "[renew all|CERTIFICATE…] [--name NAME]",
    summary: "Show the certificates of a cluster and when they expire, or renew them.",
    details: `${nameOption}

Certificates with less than 60 days left are renewed when the cluster starts and while it runs;
what runs takes them up without a restart. Exits with 1 when one needs attention.`,
    load: async () => (await import("./certs.ts")).certs,
  },
  {
    name: "secrets",
    needs: "root",
    usage: "[rotate-key] [--name NAME]",
    summary: "Show with which key the secrets of a cluster are encrypted on disk, or put a new one in its place.",
    details: `${nameOption}

rotate-key makes a new key, writes all secrets anew with it and forgets the old one, and with it
the earlier revisions of the store. The cluster may run meanwhile. What was broken off goes on when
the cluster starts, or when the command is called again.`,
    load: async () => (await import("./secrets.ts")).secrets,
  },
  {
    name: "doctor",
    usage: "",
    summary: "Check whether this machine can run clusters, and say what is missing and what that costs.",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "build",
    needs: "root",
    usage: "[-t NAME] [-f DOCKERFILE] [--target STAGE] [--build-arg NAME=VALUE] [--no-cache] [--name NAME] FOLDER",
    summary: "Build an image from a Dockerfile. Pods can use it at once.",
    details: `  -t, --tag NAME     name of the image; may be repeated
  -f, --file FILE    the Dockerfile (default: FOLDER/Dockerfile)
  --target STAGE     stop after this stage
  --build-arg N=V    value of an ARG; may be repeated
  --secret id=I,src=FILE
                     a file for RUN --mount=type=secret,id=I; may be repeated
  --no-cache         run every instruction anew
${nameOption}

FROM gantry/busybox and FROM gantry/node need no registry: they are made from this machine's
own busybox (Debian: busybox-static) and node. Other images are pulled when they are not here.
RUN uses this machine's network; write RUN --network=none for none.`,
    load: async () => (await import("./build.ts")).build,
  },
  {
    name: "images",
    needs: "root",
    usage: "[--name NAME]",
    summary: "List the images on this machine.",
    load: async () => (await import("./images.ts")).images,
  },
  {
    name: "rmi",
    needs: "root",
    usage: "[--name NAME] IMAGE…",
    summary: "Remove images by name or id.",
    load: async () => (await import("./images.ts")).rmi,
  },
  {
    name: "save",
    needs: "root",
    usage: "[--name NAME] [--format oci|docker] -o FILE IMAGE…",
    summary: "Write images to an archive, for another machine.",
    load: async () => (await import("./images.ts")).save,
  },
  {
    name: "load",
    needs: "root",
    usage: "[--name NAME] -i FILE",
    summary: "Read images from an OCI or Docker archive.",
    load: async () => (await import("./images.ts")).load,
  },
  {
    name: "cri",
    needs: "root",
    usage: "[--socket PATH] [--data-dir DIR] [--pod-cidr CIDR] [--purge]",
    summary: "Run the container runtime alone, for a stock kubelet or crictl.",
    details: `  --socket PATH      where to serve CRI v1 (default: /run/gantry-cri/cri.sock)
  --data-dir DIR     where images and containers are kept (default: /var/lib/gantry/cri)
  --pod-cidr CIDR[,CIDR]
                     addresses for pods, of one or both IP families (default: what the kubelet says; pods wait for it)
  --purge            remove every container, image, interface and rule of it, and end

It runs until SIGTERM or SIGINT; containers go on and are found again. The kubelet needs
cgroupDriver: cgroupfs, and containerRuntimeEndpoint: unix:///run/gantry-cri/cri.sock.
Each node of a cluster serves the same at /run/gantry/NAME/nodes/NODE/cri.sock.`,
    load: async () => (await import("./cri/command.ts")).cri,
  },
  {
    name: "test-server",
    usage: "[--nodes N] [--kubeconfig FILE] [--host ADDRESS] [--port N]",
    summary: "Run a cluster for tests: in memory, with fake nodes, without root. Ends with its parent.",
    details: `  --nodes N          how many fake nodes; their pods run and are ready at once (default: 1)
  --kubeconfig FILE  where to put the credentials while it runs (default: printed, up to a line "---")
  --host ADDRESS     where to listen (default: 127.0.0.1)
  --port N           default: any free one

It is ready when it has printed its first line. It ends on SIGTERM, SIGINT, or when the process that
started it is gone, and leaves nothing behind.`,
    load: async () => (await import("./test-server.ts")).testServer,
  },
  {
    name: "version",
    usage: "",
    summary: "Show the versions of gantry, of the API it speaks and of Node.",
    load: async () => (await import("./version.ts")).version,
  },
  {
    name: "server",
    needs: "root",
    usage: "--name NAME [OPTIONS]",
    summary: "The API server, controllers and scheduler of a cluster. Started by up.",
    details: serverOptions,
    internal: true,
    load: async () => (await import("./server/command.ts")).server,
  },
  {
    name: "agent",
    needs: "root",
    usage: "--name NAME --node NODE [--config FILE]",
    summary: "One node: kubelet, containers, network and DNS. Started by up.",
    internal: true,
    load: async () => (await import("./agent/command.ts")).agent,
  },
]

export function overview(): string {
  const shown = commands.filter(({ internal }) => !internal)
  const width = Math.max(...shown.map(({ name }) => name.length))
  const lines = shown.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `Gantry runs a Kubernetes cluster on this machine.

Usage: ./gantry COMMAND [OPTIONS]

${lines.join("\n")}

./gantry help COMMAND tells more. Start with: ./gantry up
`
}

export function helpOf({ name, usage, summary, details }: Command): string {
  return `Usage: ./gantry ${name} ${usage}\n\n${summary}\n${details === undefined ? "" : `\n${details}\n`}`
}
