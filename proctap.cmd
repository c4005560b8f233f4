@echo off
rem Starts the proctap command: finds a JDK 25, builds on first use and when sources are newer, then runs.
rem PROCTAP_JAVA_OPTS adds options for the JVM. The same as the script proctap, for Windows.
setlocal EnableExtensions EnableDelayedExpansion
set "HERE=%~dp0"
if "%HERE:~-1%"=="\" set "HERE=%HERE:~0,-1%"
set "TARGET=%HERE%\proctap-cli\target"
set "READY=%TARGET%\launcher.ready"
set "CACHE=%TARGET%\launcher.aot"
set "OPTIONS=%HERE%\proctap-cli\src\main\launcher\jvm.options"

call :find_jdk
if not defined JDK (
    echo proctap: needs a JDK 25 or later, and found none. Install one: winget install EclipseAdoptium.Temurin.25.JDK, or set JAVA_HOME 1>&2
    exit /b 1
)
call :is_fresh
if errorlevel 1 (
    call :build
    if errorlevel 1 exit /b 1
)
call :module_path
set "COMPUTE="
for %%A in (%*) do (
    if "%%~A"=="convert" set "COMPUTE=yes"
    if "%%~A"=="effects" set "COMPUTE=yes"
    if "%%~A"=="--effects" set "COMPUTE=yes"
    if "%%~A"=="analyze" set "COMPUTE=yes"
    if "%%~A"=="transcribe" set "COMPUTE=yes"
    if "%%~A"=="--rate" set "COMPUTE=yes"
)
if defined COMPUTE set COMPUTE="@%HERE%\proctap-cli\src\main\launcher\compute.options"
"%JDK%\bin\java.exe" "@%OPTIONS%" %COMPUTE% -XX:AOTCache="%CACHE%" -Ddev.proctap.home="%HERE%" --enable-native-access=dev.proctap,dev.proctap.pipes,whisper.jni %PROCTAP_JAVA_OPTS% -p "%MODULES%" -m dev.proctap.cli/dev.proctap.cli.Main %*
exit /b %ERRORLEVEL%

:find_jdk
set "JDK="
if defined JAVA_HOME call :try "%JAVA_HOME%"
if defined JDK exit /b 0
for /f "delims=" %%J in ('where java.exe 2^>nul') do if not defined JDK for %%D in ("%%~dpJ..") do call :try "%%~fD"
for %%P in ("%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu" "%ProgramFiles%\Amazon Corretto" "%ProgramFiles%\BellSoft" "%USERPROFILE%\.jdks" "%USERPROFILE%\scoop\apps\openjdk25") do (
    if exist "%%~P" for /d %%D in ("%%~P\*") do if not defined JDK call :try "%%~fD"
)
exit /b 0

rem Sets JDK to %1 if a JDK 25 or later is there.
:try
if defined JDK exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "tokens=2 delims==" %%V in ('findstr /b "JAVA_VERSION=" "%~1\release"') do (
    for /f "delims=.-+ " %%M in ("%%~V") do if %%M GEQ 25 set "JDK=%~1"
)
exit /b 0

rem Errorlevel 1 unless everything was built after the last change of a source.
:is_fresh
if not exist "%READY%" exit /b 1
powershell -NoProfile -Command "$ready = (Get-Item -LiteralPath $env:READY).LastWriteTimeUtc; $newer = Get-ChildItem -LiteralPath $env:HERE -Recurse -File -Include *.java, pom.xml, *.options, *.jar | Where-Object { ($_.FullName -notmatch '[\\/]target[\\/]' -or $_.FullName -match 'proctap-cli[\\/]target[\\/].*jar$') -and $_.FullName -notmatch '[\\/]src[\\/]test[\\/]' -and $_.LastWriteTimeUtc -gt $ready }; exit [int][bool]$newer"
exit /b %ERRORLEVEL%

:build
echo proctap: building, this takes a minute the first time 1>&2
if not exist "%TARGET%" mkdir "%TARGET%"
if exist "%TARGET%\lib" rmdir /s /q "%TARGET%\lib"
del /q "%TARGET%\proctap-cli-*.jar" 2>nul
set "JAVA_HOME=%JDK%"
pushd "%HERE%"
call mvnw.cmd -q -DskipTests -pl proctap-cli -am package > "%TARGET%\launcher.log" 2>&1
set "FAILED=%ERRORLEVEL%"
popd
if not "%FAILED%"=="0" (
    echo proctap: the build failed; see %TARGET%\launcher.log 1>&2
    exit /b 1
)
call :module_path
if exist "%CACHE%" del /q "%CACHE%"
"%JDK%\bin\java.exe" "@%OPTIONS%" -XX:AOTCacheOutput="%CACHE%" -XX:-AOTRecordTraining --enable-native-access=dev.proctap,dev.proctap.pipes,whisper.jni -p "%MODULES%" -m dev.proctap.cli/dev.proctap.cli.Main warm-up > NUL 2>> "%TARGET%\launcher.log"
echo %JDK%> "%READY%"
exit /b 0

:module_path
set "MODULES="
for %%F in ("%TARGET%\proctap-cli-*.jar" "%TARGET%\lib\*.jar") do if defined MODULES (set "MODULES=!MODULES!;%%~fF") else (set "MODULES=%%~fF")
exit /b 0
