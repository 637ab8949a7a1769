/** What the commands of this folder do not know: handed in by the program's entry, where all rooms meet. */
export interface Parts {
  /** Starts the server. */
  serve: () => Promise<RunningServer>
  /** What the Slack app is made from. */
  slackManifest: (choices: ManifestChoices) => Promise<object>
  /** Runs the worked example. */
  demo: () => Promise<void>
}

export interface ManifestChoices {
  /** Where Slack reaches the server. */
  publicUrl: string | undefined
  /** Whether the server connects to Slack instead. */
  socketMode: boolean
}

export interface RunningServer {
  url: string
  stop(): Promise<void>
}
