using Muster.Benchmarks;
using Muster.Benchmarks.Load;

// Child modes first: a load generator, or one figure.
if (args is ["--load", .. var load])
{
    return await LoadProcess.RunAsync(load);
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

return await Driver.RunAsync(args);
