using System.Runtime.InteropServices;

namespace Muster.Benchmarks.Load;

/// <summary>
/// The few system calls of the load generator. It is one thread over epoll, so that what is measured is the server and not the client
/// library beside it.
/// </summary>
internal static unsafe partial class Native
{
    internal const int DontWait = 0x40;
    internal const int NoSignal = 0x4000;
    internal const uint EpollIn = 0x001;
    internal const int EpollAdd = 1;

    /// <summary>epoll_event as x86-64 packs it.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct EpollEvent
    {
        internal uint Events;
        internal int Index;
        internal int Unused;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int epoll, int operation, int descriptor, EpollEvent* data);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int EpollWait(int epoll, EpollEvent* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int descriptor, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int descriptor, byte* buffer, nint length, int flags);
}
