package dev.proctap.windows;

import dev.proctap.ProcTapException;
import dev.proctap.ProcTapException.Kind;
import dev.proctap.generated.windows.win32.foundation.Constants;
import java.util.Arrays;
import java.util.Optional;

/** What calls of Windows' audio interfaces answer, and what it means for the user. */
enum HResult {
    AUDCLNT_E_NOT_INITIALIZED(
            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_NOT_INITIALIZED, Kind.FAILED,
            "the stream was not set up"), AUDCLNT_E_ALREADY_INITIALIZED(
                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_ALREADY_INITIALIZED,
                    Kind.FAILED,
                    "the stream was set up twice"), AUDCLNT_E_WRONG_ENDPOINT_TYPE(
                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_WRONG_ENDPOINT_TYPE,
                            Kind.FAILED,
                            "the device does not record"), AUDCLNT_E_DEVICE_INVALIDATED(
                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_DEVICE_INVALIDATED,
                                    Kind.NO_AUDIO_SERVER,
                                    "the audio device was removed, switched off or set up anew"), AUDCLNT_E_NOT_STOPPED(
                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_NOT_STOPPED,
                                            Kind.FAILED,
                                            "the stream runs already"), AUDCLNT_E_BUFFER_TOO_LARGE(
                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_BUFFER_TOO_LARGE,
                                                    Kind.FAILED,
                                                    "the buffer asked for is too large"), AUDCLNT_E_OUT_OF_ORDER(
                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_OUT_OF_ORDER,
                                                            Kind.FAILED,
                                                            "a buffer was not given back"), AUDCLNT_E_UNSUPPORTED_FORMAT(
                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_UNSUPPORTED_FORMAT,
                                                                    Kind.FAILED,
                                                                    "the audio engine does not convert to the format asked for"), AUDCLNT_E_INVALID_SIZE(
                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_INVALID_SIZE,
                                                                            Kind.FAILED,
                                                                            "more was given back than was taken"), AUDCLNT_E_DEVICE_IN_USE(
                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_DEVICE_IN_USE,
                                                                                    Kind.NOT_PERMITTED,
                                                                                    "another program has the audio device for itself; end its exclusive mode"), AUDCLNT_E_BUFFER_OPERATION_PENDING(
                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_BUFFER_OPERATION_PENDING,
                                                                                            Kind.FAILED,
                                                                                            "a buffer was not given back"), AUDCLNT_E_THREAD_NOT_REGISTERED(
                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_THREAD_NOT_REGISTERED,
                                                                                                    Kind.FAILED,
                                                                                                    "the thread is not known to the audio engine"), AUDCLNT_E_EXCLUSIVE_MODE_NOT_ALLOWED(
                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_EXCLUSIVE_MODE_NOT_ALLOWED,
                                                                                                            Kind.NOT_PERMITTED,
                                                                                                            "the device does not let a program have it for itself"), AUDCLNT_E_ENDPOINT_CREATE_FAILED(
                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_ENDPOINT_CREATE_FAILED,
                                                                                                                    Kind.NO_AUDIO_SERVER,
                                                                                                                    "Windows could not set the audio device up; plug it in again, or switch it off and on"), AUDCLNT_E_SERVICE_NOT_RUNNING(
                                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_SERVICE_NOT_RUNNING,
                                                                                                                            Kind.NO_AUDIO_SERVER,
                                                                                                                            "the service 'Windows Audio' does not run; start it with: net start audiosrv"), AUDCLNT_E_EVENTHANDLE_NOT_EXPECTED(
                                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_EVENTHANDLE_NOT_EXPECTED,
                                                                                                                                    Kind.FAILED,
                                                                                                                                    "an event was set for a stream that has none"), AUDCLNT_E_EXCLUSIVE_MODE_ONLY(
                                                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_EXCLUSIVE_MODE_ONLY,
                                                                                                                                            Kind.NOT_PERMITTED,
                                                                                                                                            "the device must be had for oneself"), AUDCLNT_E_BUFDURATION_PERIOD_NOT_EQUAL(
                                                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_BUFDURATION_PERIOD_NOT_EQUAL,
                                                                                                                                                    Kind.FAILED,
                                                                                                                                                    "buffer and period differ"), AUDCLNT_E_EVENTHANDLE_NOT_SET(
                                                                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_EVENTHANDLE_NOT_SET,
                                                                                                                                                            Kind.FAILED,
                                                                                                                                                            "the event of the stream is missing"), AUDCLNT_E_INCORRECT_BUFFER_SIZE(
                                                                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_INCORRECT_BUFFER_SIZE,
                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                    "the buffer is of another size"), AUDCLNT_E_BUFFER_SIZE_ERROR(
                                                                                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_BUFFER_SIZE_ERROR,
                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                            "the buffer size is out of range"), AUDCLNT_E_CPUUSAGE_EXCEEDED(
                                                                                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_CPUUSAGE_EXCEEDED,
                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                    "the audio engine takes too much processor time and refuses more streams"), AUDCLNT_E_BUFFER_ERROR(
                                                                                                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_BUFFER_ERROR,
                                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                                            "the audio engine has no buffer"), AUDCLNT_E_BUFFER_SIZE_NOT_ALIGNED(
                                                                                                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_BUFFER_SIZE_NOT_ALIGNED,
                                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                                    "the buffer does not fit the device"), AUDCLNT_E_INVALID_DEVICE_PERIOD(
                                                                                                                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_INVALID_DEVICE_PERIOD,
                                                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                                                            "the period is out of range"), AUDCLNT_E_INVALID_STREAM_FLAG(
                                                                                                                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_INVALID_STREAM_FLAG,
                                                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                                                    "the audio engine does not know one of the options"), AUDCLNT_E_OUT_OF_OFFLOAD_RESOURCES(
                                                                                                                                                                                                                            dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_OUT_OF_OFFLOAD_RESOURCES,
                                                                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                                                                            "the audio device has no room for another stream"), AUDCLNT_E_RESOURCES_INVALIDATED(
                                                                                                                                                                                                                                    dev.proctap.generated.windows.win32.media.audio.Constants.AUDCLNT_E_RESOURCES_INVALIDATED,
                                                                                                                                                                                                                                    Kind.NO_AUDIO_SERVER,
                                                                                                                                                                                                                                    "the audio engine began anew"), E_ACCESSDENIED(
                                                                                                                                                                                                                                            Constants.E_ACCESSDENIED,
                                                                                                                                                                                                                                            Kind.NOT_PERMITTED,
                                                                                                                                                                                                                                            "Windows does not permit it to this user"), E_INVALIDARG(
                                                                                                                                                                                                                                                    Constants.E_INVALIDARG,
                                                                                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                                                                                    "Windows does not accept what was asked"), E_NOINTERFACE(
                                                                                                                                                                                                                                                            Constants.E_NOINTERFACE,
                                                                                                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                                                                                                            "this version of Windows lacks an interface that is needed"), E_NOTIMPL(
                                                                                                                                                                                                                                                                    Constants.E_NOTIMPL,
                                                                                                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                                                                                                    "this version of Windows has not implemented it"), E_OUTOFMEMORY(
                                                                                                                                                                                                                                                                            Constants.E_OUTOFMEMORY,
                                                                                                                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                                                                                                                            "Windows is out of memory"), E_POINTER(
                                                                                                                                                                                                                                                                                    Constants.E_POINTER,
                                                                                                                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                                                                                                                    "Windows was given no memory to answer into"), E_UNEXPECTED(
                                                                                                                                                                                                                                                                                            Constants.E_UNEXPECTED,
                                                                                                                                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                                                                                                                                            "the audio engine failed"), E_ILLEGAL_METHOD_CALL(
                                                                                                                                                                                                                                                                                                    Constants.E_ILLEGAL_METHOD_CALL,
                                                                                                                                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                                                                                                                                    "Windows does not accept the call at this time"), E_FAIL(
                                                                                                                                                                                                                                                                                                            Constants.E_FAIL,
                                                                                                                                                                                                                                                                                                            Kind.FAILED,
                                                                                                                                                                                                                                                                                                            "the audio engine failed"), CO_E_NOTINITIALIZED(
                                                                                                                                                                                                                                                                                                                    Constants.CO_E_NOTINITIALIZED,
                                                                                                                                                                                                                                                                                                                    Kind.FAILED,
                                                                                                                                                                                                                                                                                                                    "COM was not started on the thread"), REGDB_E_CLASSNOTREG(
                                                                                                                                                                                                                                                                                                                            Constants.REGDB_E_CLASSNOTREG,
                                                                                                                                                                                                                                                                                                                            Kind.NO_AUDIO_SERVER,
                                                                                                                                                                                                                                                                                                                            "this Windows has no audio (Server Core, or the Media Feature Pack is missing)"), RPC_E_SERVER_DIED(
                                                                                                                                                                                                                                                                                                                                    Constants.RPC_E_SERVER_DIED,
                                                                                                                                                                                                                                                                                                                                    Kind.NO_AUDIO_SERVER,
                                                                                                                                                                                                                                                                                                                                    "the audio service went away"), RPC_E_DISCONNECTED(
                                                                                                                                                                                                                                                                                                                                            Constants.RPC_E_DISCONNECTED,
                                                                                                                                                                                                                                                                                                                                            Kind.NO_AUDIO_SERVER,
                                                                                                                                                                                                                                                                                                                                            "the audio service went away");

    private final int code;
    private final Kind kind;
    private final String meaning;

    HResult(int code, Kind kind, String meaning) {
        this.code = code;
        this.kind = kind;
        this.meaning = meaning;
    }

    int code() {
        return code;
    }

    /** Whether a call failed. */
    static boolean isFailure(int result) {
        return result < 0;
    }

    /**
     * Does nothing for a call that did not fail.
     *
     * @param what
     *            what the call was to do, as it follows "Windows could not"
     * @throws ProcTapException
     *             if it failed
     */
    static void check(int result, String what) {
        if (isFailure(result)) {
            throw failure(result, what);
        }
    }

    /** The error for a call that failed. */
    static ProcTapException failure(int result, String what) {
        Optional<HResult> known = Arrays.stream(values()).filter(each -> each.code == result).findFirst();
        String number = String.format("0x%08X", result);
        return new ProcTapException(known.map(each -> each.kind).orElse(Kind.FAILED), "Windows could not " + what
                + known.map(each -> ": " + each.meaning + " (" + each.name() + ", " + number + ")")
                        .orElse(" (HRESULT " + number + ")"));
    }
}
