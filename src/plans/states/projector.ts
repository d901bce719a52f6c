/**
 * @module
 * The files that make XTuner's projector loadable on its own: a configuration that follows from its shapes, and the two
 * modules that its `auto_map` names.
 */
import type { Shape } from '../../tensors/index.ts';

/** Sides of a projector: linear layers one after the other, an activation between them. */
export interface ProjectorSides { readonly visual: number; readonly llm: number; readonly depth: number; readonly bias: boolean }

/** The sides, or undefined when the tensors are no such projector. */
export function projectorSides(tensors: ReadonlyMap<string, Shape>): ProjectorSides | undefined {
  const layers = [...tensors].flatMap(([name, shape]) => { const [, at] = /^model\.(\d+)\.weight$/.exec(name) ?? []; return at === undefined ? [] : [{ at: Number(at), shape }]; }).sort((a, b) => a.at - b.at);
  const [first] = layers, llm = first?.shape[0];
  if (first === undefined || llm === undefined || layers.some(({ at, shape }, i) => at !== 2 * i || shape.length !== 2 || shape[0] !== llm || (i > 0 && shape[1] !== llm))) return undefined;
  return { visual: first.shape[1]!, llm, depth: layers.length, bias: tensors.has('model.0.bias') };
}

/** config.json of a projector. XTuner trains with gelu throughout. */
export function projectorConfig({ visual, llm, depth, bias }: ProjectorSides, dtype: string): string {
  return `${JSON.stringify({
    architectures: ['ProjectorModel'], auto_map: { AutoConfig: 'configuration_projector.ProjectorConfig', AutoModel: 'modeling_projector.ProjectorModel' },
    bias, depth, hidden_act: 'gelu', llm_hidden_size: llm, model_type: 'projector', torch_dtype: dtype, visual_hidden_size: visual,
  }, null, 2)}\n`;
}

/** configuration_projector.py */
export const PROJECTOR_CONFIGURATION = `from transformers import PretrainedConfig


class ProjectorConfig(PretrainedConfig):
    model_type = "projector"
    _auto_class = "AutoConfig"

    def __init__(self, visual_hidden_size=4096, llm_hidden_size=4096, depth=2, hidden_act="gelu", bias=True, **kwargs):
        super().__init__(**kwargs)
        self.visual_hidden_size = visual_hidden_size
        self.llm_hidden_size = llm_hidden_size
        self.depth = depth
        self.hidden_act = hidden_act
        self.bias = bias
`;

/** modeling_projector.py */
export const PROJECTOR_MODELING = `from torch import nn
from transformers import PreTrainedModel
from transformers.activations import ACT2FN

from .configuration_projector import ProjectorConfig


class ProjectorModel(PreTrainedModel):
    """Maps features of the visual encoder to the language model: linear layers with an activation between them."""

    config_class = ProjectorConfig
    base_model_prefix = "model"
    _auto_class = "AutoModel"

    def __init__(self, config):
        super().__init__(config)
        widths = [config.visual_hidden_size] + [config.llm_hidden_size] * config.depth
        layers = []
        for fan_in, fan_out in zip(widths, widths[1:]):
            if layers:
                layers.append(ACT2FN[config.hidden_act])
            layers.append(nn.Linear(fan_in, fan_out, bias=config.bias))
        self.model = nn.Sequential(*layers)
        self.post_init()

    def forward(self, x):
        return self.model(x)
`;
