using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nauha.Drivers.Capture;

/// <summary>A sound device could not be opened, or is lost. The message names device and reason, and what to do where that is known.</summary>
public sealed class SoundDeviceException(string message, Exception? inner = null) : IOException(message, inner);

internal sealed class PcmHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LibAsound.Close(handle) == 0;
}

internal sealed class HwParams() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibAsound.FreeHwParams(handle);
        return true;
    }
}

internal sealed class SwParams() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibAsound.FreeSwParams(handle);
        return true;
    }
}

/// <summary>pcm.h and error.h of alsa-lib, as far as we need them. Frames counts are C longs: as wide as a pointer on Linux.</summary>
internal static unsafe partial class LibAsound
{
    private const string Library = "libasound.so.2";

    public const int Playback = 0, Capture = 1;
    public const int NonBlocking = 1;
    public const int Interleaved = 3;                       // SND_PCM_ACCESS_RW_INTERLEAVED
    public const int Again = -11, NoDevice = -19, Pipe = -32, StreamPipe = -86;   // EAGAIN, ENODEV, EPIPE (overrun), ESTRPIPE (suspended)

    public static T Loaded<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (DllNotFoundException e)
        {
            throw new SoundDeviceException("libasound is missing; install the Debian package libasound2", e);
        }
    }

    /// <summary>alsa-lib prints what it does not like on standard error; what matters comes back as a code.</summary>
    public static void BeQuiet() => _ = SetErrorHandler((nint)(delegate* unmanaged[Cdecl]<nint, int, nint, int, nint, void>)&Ignore);

    // The library's handler is variadic; what stands after the named arguments is not looked at, and on x86-64 and arm64
    // Linux named arguments pass as in any other call.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint file, int line, nint function, int error, nint format)
    {
    }

    public static string Words(int error) => Marshal.PtrToStringUTF8(StrError(error)) ?? $"error {error}";

    [LibraryImport(Library, EntryPoint = "snd_lib_error_set_handler")]
    private static partial int SetErrorHandler(nint handler);

    [LibraryImport(Library, EntryPoint = "snd_strerror")]
    private static partial nint StrError(int error);

    [LibraryImport(Library, EntryPoint = "snd_pcm_open", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(out PcmHandle pcm, string name, int stream, int mode);

    [LibraryImport(Library, EntryPoint = "snd_pcm_close")]
    internal static partial int Close(nint pcm);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_malloc")]
    internal static partial int NewHwParams(out HwParams parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_free")]
    internal static partial void FreeHwParams(nint parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_any")]
    internal static partial int Any(PcmHandle pcm, HwParams parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_set_rate_resample")]
    internal static partial int SetResample(PcmHandle pcm, HwParams parameters, uint value);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_set_access")]
    internal static partial int SetAccess(PcmHandle pcm, HwParams parameters, int access);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_set_format")]
    internal static partial int SetFormat(PcmHandle pcm, HwParams parameters, int format);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_set_channels_near")]
    internal static partial int SetChannelsNear(PcmHandle pcm, HwParams parameters, ref uint channels);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_set_rate_near")]
    internal static partial int SetRateNear(PcmHandle pcm, HwParams parameters, ref uint hertz, nint direction);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_set_period_time_near")]
    internal static partial int SetPeriodTimeNear(PcmHandle pcm, HwParams parameters, ref uint microseconds, nint direction);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_set_buffer_time_near")]
    internal static partial int SetBufferTimeNear(PcmHandle pcm, HwParams parameters, ref uint microseconds, nint direction);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params")]
    internal static partial int Install(PcmHandle pcm, HwParams parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_get_rate")]
    internal static partial int GetRate(HwParams parameters, out uint hertz, nint direction);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_get_channels")]
    internal static partial int GetChannels(HwParams parameters, out uint channels);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_get_period_size")]
    internal static partial int GetPeriod(HwParams parameters, out nuint frames, nint direction);

    [LibraryImport(Library, EntryPoint = "snd_pcm_hw_params_get_buffer_size")]
    internal static partial int GetBuffer(HwParams parameters, out nuint frames);

    [LibraryImport(Library, EntryPoint = "snd_pcm_sw_params_malloc")]
    internal static partial int NewSwParams(out SwParams parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_sw_params_free")]
    internal static partial void FreeSwParams(nint parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_sw_params_current")]
    internal static partial int Current(PcmHandle pcm, SwParams parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_sw_params_set_avail_min")]
    internal static partial int SetAvailMin(PcmHandle pcm, SwParams parameters, nuint frames);

    [LibraryImport(Library, EntryPoint = "snd_pcm_sw_params_set_start_threshold")]
    internal static partial int SetStartThreshold(PcmHandle pcm, SwParams parameters, nuint frames);

    [LibraryImport(Library, EntryPoint = "snd_pcm_sw_params")]
    internal static partial int Install(PcmHandle pcm, SwParams parameters);

    [LibraryImport(Library, EntryPoint = "snd_pcm_prepare")]
    internal static partial int Prepare(PcmHandle pcm);

    [LibraryImport(Library, EntryPoint = "snd_pcm_start")]
    internal static partial int Start(PcmHandle pcm);

    [LibraryImport(Library, EntryPoint = "snd_pcm_drop")]
    internal static partial int Drop(PcmHandle pcm);

    [LibraryImport(Library, EntryPoint = "snd_pcm_resume")]
    internal static partial int Resume(PcmHandle pcm);

    [LibraryImport(Library, EntryPoint = "snd_pcm_wait")]
    internal static partial int Wait(PcmHandle pcm, int milliseconds);

    [LibraryImport(Library, EntryPoint = "snd_pcm_avail")]
    internal static partial nint Avail(PcmHandle pcm);

    [LibraryImport(Library, EntryPoint = "snd_pcm_readi")]
    internal static partial nint Read(PcmHandle pcm, byte* buffer, nuint frames);

    [LibraryImport(Library, EntryPoint = "snd_pcm_writei")]
    internal static partial nint Write(PcmHandle pcm, byte* buffer, nuint frames);
}
