using Muster.Benchmarks;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Scale;
using Muster.Benchmarks.Scale.Load;

// Child modes first: a load generator, or one figure.
if (args is ["--load", .. var load])
{
    return await LoadProcess.RunAsync(load);
}

if (args is ["--storm", var storm])
{
    return await new StormDevices(System.Text.Json.JsonSerializer.Deserialize<StormOrder>(storm)!).RunAsync();
}

if (args is ["--figure", var name])
{
    using var folder = new BenchFolder();
    foreach (var result in await Figure.All.Single(figure => figure.Name == name).MeasureAsync(folder))
    {
        Console.WriteLine("result " + result.ToJson());
    }

    return 0;
}

if (args is ["--scale-figure", var scale, var size])
{
    return await ScaleDriver.MeasureAsync(scale, quick: size == "quick");
}

return args is ["scale", .. var rest] ? await ScaleDriver.RunAsync(rest) : await Driver.RunAsync(args);
