namespace Muster.Devices;

/// <summary>Reads device rows without waking their grains: for authentication, where most of what asks may be nobody.</summary>
public interface IDeviceReader
{
    /// <summary>The committed row; null if the id is not registered. Concurrent reads share one round trip.</summary>
    ValueTask<DeviceState?> ReadAsync(DeviceKey key, CancellationToken cancellationToken);
}
