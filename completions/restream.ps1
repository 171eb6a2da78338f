# PowerShell completion for restream: asks the tool itself for its commands, options and names.
# Use: . restream.ps1, for example in your $PROFILE.

Register-ArgumentCompleter -Native -CommandName restream -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $before = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString() })
    $tool = $before[0]
    $verb = if ($before.Count -gt 1) { $before[1] } else { '' }
    $previous = $before[-1]

    $candidates = @()
    if ($before.Count -le 1) {
        $candidates = @(& $tool --help 2>$null |
            ForEach-Object { if ($_ -cmatch '^  ([a-z]+) ') { $Matches[1] } })
    } elseif ($previous -ceq '--service') {
        $candidates = @(& $tool services --names 2>$null)
    } elseif ($previous -ceq '--backup') {
        $candidates = @('both', 'failover', 'off')
    } elseif ($verb -ceq 'help' -and $before.Count -eq 2) {
        $candidates = @(& $tool --help 2>$null |
            ForEach-Object { if ($_ -cmatch '^  ([a-z]+) ') { $Matches[1] } })
    } elseif (@('--key-file', '--passphrase-file', '--ca-file', '--key-command', '--passphrase-command') -ccontains $previous) {
        return  # PowerShell's own completion of files
    } elseif (@('--key-env', '--passphrase-env') -ccontains $previous) {
        $candidates = @(Get-ChildItem Env: | ForEach-Object { $_.Name })
    } elseif (@('--url', '--backup-url', '--latency', '--file-mode', '--timeout', '--since', '--lines', '-n', '--seconds', '--listen') -ccontains $previous) {
        return
    } elseif ($wordToComplete.StartsWith('-')) {
        # Of the command, or of its subcommand (ingest start).
        $asked = @($verb)
        if (@('ingest', 'service') -ccontains $verb -and $before.Count -gt 2 -and $before[2] -cmatch '^[a-z]+$') { $asked += $before[2] }
        $candidates = @(& $tool @asked --help 2>$null |
            ForEach-Object { if ($_ -cmatch '^ +(-[^ ]*)') { $Matches[1].Split(',') } })
    } elseif (@('enable', 'disable', 'start', 'stop', 'restart', 'status', 'explain', 'remove', 'key', 'logs') -ccontains $verb) {
        $candidates = @(& $tool status --names 2>$null | Where-Object { $before -cnotcontains $_ })
    } elseif (@('ingest', 'service') -ccontains $verb -and $before.Count -eq 2) {
        $candidates = @(& $tool $verb --help 2>$null |
            ForEach-Object { if ($_ -cmatch '^  ([a-z]+) ') { $Matches[1] } })
    }

    $candidates |
        Where-Object { $_ -clike "$wordToComplete*" } |
        Sort-Object -Unique |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
