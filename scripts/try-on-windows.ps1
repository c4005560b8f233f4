# Plays a tone from one process and another tone from a second, records the first by its pid, and says what is in the recording.
# Without an audio device only the activation is tried: nothing can be played.
param([string] $Device = "success")
$ErrorActionPreference = "Stop"
New-Item -ItemType Directory -Force tried | Out-Null

function New-Tone([string] $Path, [double] $Hertz) {
    $rate = 48000; $seconds = 20; $bytes = $rate * $seconds * 4
    $out = [System.IO.BinaryWriter]::new([System.IO.File]::Create($Path))
    $out.Write([System.Text.Encoding]::ASCII.GetBytes("RIFF")); $out.Write([int](36 + $bytes))
    $out.Write([System.Text.Encoding]::ASCII.GetBytes("WAVEfmt ")); $out.Write([int]16)
    $out.Write([int16]1); $out.Write([int16]2); $out.Write([int]$rate); $out.Write([int]($rate * 4))
    $out.Write([int16]4); $out.Write([int16]16)
    $out.Write([System.Text.Encoding]::ASCII.GetBytes("data")); $out.Write([int]$bytes)
    for ($i = 0; $i -lt $rate * $seconds; $i++) {
        $sample = [int16](8191 * [Math]::Sin(2 * [Math]::PI * $Hertz * $i / $rate))
        $out.Write($sample); $out.Write($sample)
    }
    $out.Close()
}

function Start-Tone([string] $Path) {
    Start-Process powershell -PassThru -WindowStyle Hidden -ArgumentList "-NoProfile", "-Command",
        "(New-Object System.Media.SoundPlayer '$Path').PlaySync()"
}

function Measure-Tone([string] $Path, [double] $Hertz) {
    # 16-bit stereo; by Goertzel's algorithm over the second second of the recording
    $data = [System.IO.File]::ReadAllBytes($Path); $from = 44 + 48000 * 4; $n = 48000
    $k = 2 * [Math]::Cos(2 * [Math]::PI * $Hertz / 48000); $a = 0.0; $b = 0.0
    for ($i = 0; $i -lt $n; $i++) {
        $c = [BitConverter]::ToInt16($data, $from + $i * 4) / 32768 + $k * $a - $b; $b = $a; $a = $c
    }
    $power = [Math]::Max(1e-30, ($a * $a + $b * $b - $k * $a * $b) * 4 / ($n * $n))
    [Math]::Round(10 * [Math]::Log10($power), 1)
}

if ($Device -ne "success") {
    # a process that plays nothing: to be told so, which takes the sessions, is all that can be had
    $idle = Start-Process powershell -PassThru -WindowStyle Hidden -ArgumentList "-NoProfile", "-Command", "Start-Sleep 60"
    & ./proctap.cmd record --pid $idle.Id --seconds 1 tried/nothing.wav *>&1 | Tee-Object tried/nothing.txt
    if ($LASTEXITCODE -ne 4) { throw "exit code $LASTEXITCODE instead of 4 (not playing)" }
    & ./proctap.cmd record --pid $idle.Id --wait --seconds 1 tried/waited.wav *>&1 | Tee-Object tried/waited.txt
    Stop-Process $idle
    exit 0
}
New-Tone "$PWD/tried/wanted-source.wav" 440
New-Tone "$PWD/tried/other-source.wav" 1000
$wanted = Start-Tone "$PWD/tried/wanted-source.wav"
$other = Start-Tone "$PWD/tried/other-source.wav"
Start-Sleep 3
& ./proctap.cmd list *>&1 | Tee-Object tried/list.txt
& ./proctap.cmd record --pid $wanted.Id --seconds 5 --format s16 tried/recorded.wav *>&1 | Tee-Object tried/record.txt
if ($LASTEXITCODE -ne 0) { throw "exit code $LASTEXITCODE" }
cmd /c "proctap.cmd record --pid $($wanted.Id) --seconds 1 --format s16 - > tried\piped.raw"
Stop-Process $wanted, $other -ErrorAction SilentlyContinue
$heard = Measure-Tone "$PWD/tried/recorded.wav" 440
$unheard = Measure-Tone "$PWD/tried/recorded.wav" 1000
"440 Hz: $heard dBFS, 1000 Hz: $unheard dBFS; piped: $((Get-Item tried/piped.raw).Length) bytes" | Tee-Object tried/result.txt
if ($heard -lt -30) { throw "the tone is not in the recording" }
if ($unheard -gt -60) { throw "another program is in the recording" }
